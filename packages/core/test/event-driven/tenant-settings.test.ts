import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { followRequest } from '../../src/event-driven/follow.ts'
import { ForbiddenError, InvalidInputError, redrive, redriveAll, type TenantSettings } from '../../src/index.ts'
import { EventBench, read } from './bench.ts'

const day = 24 * 3_600_000

async function open(script: Parameters<typeof EventBench.open>[0], settings: Partial<TenantSettings>): Promise<EventBench> {
  const bench = await EventBench.open(script)
  await bench.registry.change('alpha', (found) => ({ ...found, ...settings }))
  return bench
}

const allowed = (allowed_models: readonly string[]): Partial<TenantSettings> => ({ model_config: { allowed_models } })

describe("a tenant's models [R99, R113, X13]", () => {
  it('its own default answers where a request names none, with its own max_tokens', async () => {
    const bench = await open(() => 'Done.', { model_config: { model_id: 'test/stream', max_tokens: 33 } })
    const id = await bench.submit()
    await bench.pass(2_000)
    expect(await bench.fields(id)).toMatchObject({ model_id: 'test/stream', max_tokens: 33, status: 'completed' })
    expect(bench.models.calls[0]?.options.maxOutputTokens).toBe(33)
    await bench.stop()
  })

  it('nobody gets more tokens than the tenant may have', async () => {
    const bench = await open(() => 'Done.', { model_config: { max_tokens: 33 } })
    expect(await rejection(bench.submit({ max_tokens: 34 }))).toMatchObject({ code: 'invalid_input', field: 'max_tokens' })
    await bench.submit({ max_tokens: 33 })
    await bench.stop()
  })

  it('one that it may not use is refused before anything is kept', async () => {
    const bench = await open(() => 'Done.', allowed(['test/small']))
    const error = await rejection(bench.submit({ model_id: 'test/model' }))
    expect(error).toBeInstanceOf(ForbiddenError)
    expect(error).toMatchObject({ code: 'model_not_allowed' })
    expect(await rejection(bench.submit())).toMatchObject({ code: 'model_not_allowed' })
    expect(await bench.events()).toEqual([])
    await bench.submit({ model_id: 'test/small', max_tokens: 5 })
    await bench.stop()
  })

  it('one that is taken from it before the work begins is not called', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const id = await bench.submit()
    await bench.registry.change('alpha', (found) => ({ ...found, ...allowed(['test/small']) }))
    bench.start()
    await bench.pass(5_000)
    expect(bench.models.calls).toEqual([])
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', error: { code: 'model_not_allowed' } })
    await bench.stop()
  })

  it('one that is taken from it keeps no other dead letters back when all are put back', async () => {
    const refused = new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode: 400 })
    const bench = await EventBench.open(() => Promise.reject(refused))
    // More than are put back at once.
    for (let gone = 0; gone < 101; gone++) await bench.submit()
    await bench.pass(1_000)
    const other = await bench.submit({ model_id: 'test/small', max_tokens: 5 })
    await bench.pass(1_000)
    await bench.registry.change('alpha', (found) => ({ ...found, ...allowed(['test/small']) }))
    expect(await redriveAll(await bench.scope())).toEqual([other])
    await bench.stop()
  })

  it('a list with an id that left the catalogue allows the others, and not all', async () => {
    const bench = await open(() => 'Done.', allowed(['test/gone', 'test/small']))
    await bench.submit({ model_id: 'test/small', max_tokens: 5 })
    expect(await rejection(bench.submit({ model_id: 'test/model' }))).toMatchObject({ code: 'model_not_allowed' })
    expect((await bench.scope()).models.entries().map(({ id }) => id)).toEqual(['test/small'])
    await bench.stop()
  })
})

describe('a fallback [R113]', () => {
  const broken = Object.assign(new Error('down'), { statusCode: 503 })
  const spent = Object.assign(new Error('spent'), { statusCode: 429, data: { error: { code: 'insufficient_quota' } } })

  it('is asked when the model does not answer', async () => {
    const bench = await open(
      ({ options }) => {
        if (options.maxOutputTokens === 10) return 'From the small one.'
        throw broken
      },
      { model_config: { fallback: ['test/small'] } },
    )
    const id = await bench.submit({ max_tokens: 500 })
    await bench.pass(120_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', model_id: 'test/small', answered_by: 'test/small' })
    expect(await bench.result(id)).toBe('From the small one.')
    await bench.stop()
  })

  it('is asked at once when the account has nothing left, and the last one that fails is the end; a redrive begins with the first', async () => {
    const bench = await open(
      () => {
        throw spent
      },
      { model_config: { fallback: ['test/gone', 'test/small', 'test/stream'] } },
    )
    const id = await bench.submit()
    await bench.pass(60_000)
    expect(bench.models.calls).toHaveLength(3)
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', model_id: 'test/stream', error: { code: 'model_quota' } })
    await redrive(await bench.scope(), id)
    await bench.pass(60_000)
    expect(bench.models.calls.map(({ options }) => options.maxOutputTokens)).toEqual([1_000, 10, 10, 1_000, 10, 10])
    await bench.stop()
  })

  it('is asked at once when the model is gone [X74]', async () => {
    const bench = await open(
      ({ options }) => {
        if (options.maxOutputTokens === 10) return 'From the small one.'
        throw Object.assign(new Error('its end'), { name: 'ResourceNotFoundException', statusCode: 404 })
      },
      { model_config: { fallback: ['test/small'] } },
    )
    const id = await bench.submit({ max_tokens: 500 })
    await bench.pass(10_000)
    expect(bench.models.calls).toHaveLength(2)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', model_id: 'test/small', answered_by: 'test/small' })
    await bench.stop()
  })

  it('is not asked for what a model refuses to say', async () => {
    const bench = await open(
      () => {
        throw Object.assign(new Error('no'), { statusCode: 400, data: { error: { code: 'content_filter' } } })
      },
      { model_config: { fallback: ['test/small'] } },
    )
    const id = await bench.submit()
    await bench.pass(10_000)
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields(id)).toMatchObject({ status: 'failed' })
    await bench.stop()
  })
})

describe("a tenant's region [R109, X66]", () => {
  it('lets accepted work wait where its data may not be any more, and go on when it may again', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const id = await bench.submit()
    await bench.registry.change('alpha', (found) => ({ ...found, data_residency_region: 'elsewhere' }))
    bench.start()
    await bench.pass(180_000)
    expect(bench.models.calls).toEqual([])
    await bench.registry.change('alpha', ({ data_residency_region: _, ...found }) => found)
    await bench.pass(120_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed' })
    await bench.stop()
  })
})

describe("a tenant's retention", () => {
  it('is how long a request is kept after its end', async () => {
    const bench = await open(() => 'Done.', { retention: { requests_days: 2 } })
    const id = await bench.submit()
    await bench.pass(2_000)
    const { ended = 0 } = await bench.fields(id)
    bench.memory.clock.jump(ended + 2 * day - 1)
    expect((await bench.fields(id)).status).toBe('completed')
    bench.memory.clock.jump(ended + 2 * day)
    expect(await rejection(bench.fields(id))).toMatchObject({ code: 'not_found' })
    await bench.stop()
  })
})

describe("a tenant's filters [R103, X64, X69]", () => {
  const mail = 'ada@example.com'
  const masks = { input: { email: 'mask' }, output: { email: 'mask' }, deny_list: [] } as const

  it('what they mask in a prompt is neither kept nor shown to the model', async () => {
    const bench = await open(() => 'Done.', { filters: masks })
    const id = await bench.submit({ prompt: `Write to ${mail}.` })
    await bench.pass(2_000)
    expect(bench.models.calls[0]?.prompt).toBe('Write to [email].')
    expect(await bench.fields(id)).toMatchObject({
      findings: [{ direction: 'input', kind: 'email', action: 'mask', count: 1 }],
    })
    await bench.stop()
  })

  it('the same request sent again is the same, although what is kept of it is masked', async () => {
    const bench = await open(() => 'Done.', { filters: masks })
    const request = { prompt: `Write to ${mail}.`, request_id: 'mine' }
    expect(await bench.submit(request)).toBe(await bench.submit(request))
    expect(await rejection(bench.submit({ ...request, prompt: 'Write to eve@example.com.' }))).toMatchObject({
      code: 'reused_with_another_body',
    })
    await bench.stop()
  })

  it('what they block in a prompt is refused, and leaves nothing behind', async () => {
    const bench = await open(() => 'Done.', { filters: { ...masks, input: { email: 'block' } } })
    const error = await rejection(bench.submit({ prompt: `Write to ${mail}.` }))
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error).toMatchObject({ code: 'content_blocked', field: 'prompt', message: expect.not.stringContaining(mail) })
    expect(await bench.events()).toEqual([])
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('what they mask in an answer is kept masked, and blocked there is nothing left', async () => {
    for (const [action, text, stop_reason] of [
      ['mask', 'Ask [email] for it.', 'end_turn'],
      ['block', '', 'content_filtered'],
      ['flag', `Ask ${mail} for it.`, 'end_turn'],
    ] as const) {
      const bench = await open(() => `Ask ${mail} for it.`, { filters: { ...masks, output: { email: action } } })
      const id = await bench.submit()
      await bench.pass(2_000)
      expect(await bench.result(id)).toBe(text)
      expect(await bench.fields(id)).toMatchObject({
        status: 'completed',
        stop_reason,
        findings: [{ direction: 'output', kind: 'email', action, count: 1 }],
      })
      await bench.stop()
    }
  })

  it('a stream shows no part of what is masked, and its tokens are the result', async () => {
    const pieces = ['Ask ', 'ada', '@exam', 'ple', '.com', ' for', ' it', ', plea', 'se.']
    const bench = await EventBench.open(() => ({ stream: slowly(bench, pieces) }), {})
    await bench.registry.change('alpha', (found) => ({ ...found, filters: masks }))
    const id = await bench.submit({ model_id: 'test/stream' })
    const events = await read(bench, followRequest(await bench.scope(), id, 0, new AbortController().signal), 1_000)
    const tokens = events.flatMap(({ event, data }) => (event === 'token' ? [(data as { text: string }).text] : []))
    expect(tokens.length).toBeGreaterThan(1)
    expect(tokens.join('')).toBe('Ask [email] for it, please.')
    expect(await bench.result(id)).toBe('Ask [email] for it, please.')
    await bench.stop()
  })
})

type Part = Parameters<ReadableStreamDefaultController['enqueue']>[0]

/** A piece each second of the bench's clock. */
function slowly(bench: EventBench, pieces: readonly string[]): ReadableStream<Part> {
  const { clock } = bench.memory
  let at = 0
  return new ReadableStream<Part>({
    pull: (controller) =>
      new Promise((resolve) => {
        clock.setTimer(1_000, () => {
          const delta = pieces[at++]
          if (delta !== undefined) controller.enqueue({ type: 'text-delta', id: '0', delta })
          else {
            const usage = { inputTokens: { total: 4 }, outputTokens: { total: 9 } }
            controller.enqueue({ type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage })
            controller.close()
          }
          resolve()
        })
      }),
  })
}
