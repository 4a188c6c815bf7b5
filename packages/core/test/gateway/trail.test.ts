import { describe, expect, it } from 'vitest'
import { answerChat, openChat } from '../../src/index.ts'
import { callOf, fault, GatewayBench, parts, readAll, textParts } from './gateway-bench.ts'

describe('the trail of the gateway', () => {
  it('has an entry a call: who, the model that answered, tokens, decision, and nothing of what was said [R102, X64]', async () => {
    const bench = await GatewayBench.open(async ({ model }) => {
      if (model === 'test/model') throw fault(402)
      return 'an answer of some weight, for ada@example.com'
    })
    bench.settings = {
      model_config: { fallback: ['test/other'], cache: '1h' },
      filters: { input: { email: 'mask' }, output: { email: 'mask' }, deny_list: [] },
    }
    const call = callOf({ text: 'a question of some weight, by ada@example.com' })
    await answerChat(await bench.scope('grace'), call)
    const streamed = callOf({ text: 'another of some weight' })
    await readAll((await openChat(await bench.scope('grace'), streamed)).parts)
    const trail = await bench.trail()
    expect(trail).toMatchObject([
      {
        who: 'grace',
        what: 'POST /v1/messages',
        resource: 'models/test/other',
        decision: 'allowed',
        correlation_id: 'correlation-of-grace',
        detail: { request_id: call.id, input_tokens: 7, output_tokens: 45, filters: 'input.email.mask+output.email.mask' },
      },
      { resource: 'models/test/other', decision: 'allowed', detail: { request_id: streamed.id, filters: 'output.email.mask' } },
    ])
    for (const { detail } of trail) expect(detail).not.toHaveProperty('answered')
    expect(JSON.stringify(trail)).not.toMatch(/weight|example\.com/)
  })

  it('tells of answers that were kept, once each', async () => {
    const bench = await GatewayBench.open(async () => 'So.')
    bench.settings = { model_config: { cache: '1h' } }
    const calls = [callOf(), callOf(), callOf({}, { invocation: 'i' }), callOf({}, { invocation: 'i' })]
    for (const call of calls) await answerChat(await bench.scope(), call)
    const trail = await bench.trail()
    expect(trail.map(({ detail }) => detail)).toMatchObject(
      calls.map(({ id }, index) => (index === 0 ? { request_id: id, output_tokens: 3 } : { request_id: id, kept: true })),
    )
  })

  it('tells of each call that broke off or was left, with what it cost; of those that came to nothing once a minute', async () => {
    const bench = await GatewayBench.open(async ({ number }) => {
      if (number <= 2) return parts([...textParts('So it is '), fault(500)])
      throw fault(400)
    })
    const scope = await bench.scope()
    for (let call = 0; call < 2; call++)
      await expect((async () => readAll((await openChat(scope, callOf())).parts))()).rejects.toThrow()
    for (let call = 0; call < 3; call++) await expect(answerChat(scope, callOf())).rejects.toThrow()
    const trail = await bench.trail()
    const cut = { decision: 'allowed', detail: { input_tokens: 14, output_tokens: 3, answered: false } }
    expect(trail).toMatchObject([cut, cut, { decision: 'failed', detail: { answered: false } }])
    expect(trail[2]?.detail).not.toHaveProperty('input_tokens')
  })

  it('tells of what filters refuse, in and out, and that a filter failed to let an answer through', async () => {
    const bench = await GatewayBench.open(async () => 'heron')
    bench.settings = { filters: { input: { deny_list: 'block' }, output: { deny_list: 'block' }, deny_list: ['heron'] } }
    await expect(answerChat(await bench.scope(), callOf({ text: 'A heron?' }))).rejects.toMatchObject({ code: 'content_blocked' })
    expect(await answerChat(await bench.scope(), callOf())).toMatchObject({ content: [], finish: { reason: 'content-filter' } })
    expect(await bench.trail()).toMatchObject([
      { decision: 'content_blocked', resource: 'models/test/model' },
      { decision: 'allowed', detail: { filters: 'output.deny_list.block', output_tokens: 5 } },
    ])
    expect(bench.calls).toHaveLength(1)
  })

  it('holds as many kinds of findings as a detail has room for, and else how many there were', async () => {
    const bench = await GatewayBench.open(async () => 'ada@example.com, 4111 1111 1111 1111, 10.1.2.3, heron')
    const rules = { email: 'mask', payment_card: 'mask', ip_address: 'mask', deny_list: 'mask' } as const
    bench.settings = { filters: { input: {}, output: rules, deny_list: ['heron'] } }
    await answerChat(await bench.scope(), callOf())
    expect((await bench.trail())[0]?.detail).toMatchObject({ filters: '4.kinds' })
  })
})
