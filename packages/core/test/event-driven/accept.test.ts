import { describe, expect, it } from 'vitest'
import { InvalidInputError, LimitError, processGenaiRequest, ReusedError } from '../../src/index.ts'
import { EventBench } from './bench.ts'

const noWorker = { worker: false }
const answer = (): string => 'A line that waits.'

describe('accepting a request', () => {
  it('acknowledges at once, before any model is called [R6, R8, R10]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    const now = bench.memory.clock.now()
    const acknowledgement = await processGenaiRequest(await bench.scope(), { prompt: 'Hello', request_id: 'mine' })
    expect(acknowledgement).toMatchObject({ request_id: 'mine', status: 'processing', estimated_completion: '2 seconds' })
    expect(acknowledgement.estimated_completion_at).toBe(now + 2_000)
    expect(bench.models.calls).toHaveLength(0)
  })

  it('keeps state, event and job in one commit [R9, R12, R23, X4]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    const id = await bench.submit()
    expect(await bench.fields(id)).toMatchObject({ status: 'processing', attempts: 0, user_id: 'ada', max_tokens: 1_000 })
    const [event, ...more] = await bench.events()
    expect(more).toEqual([])
    expect(event).toMatchObject({
      type: 'genai.request.received',
      version: 1,
      subject: id,
      correlationId: 'correlation-of-ada',
      detail: { request_id: id, user_id: 'ada', model_id: 'test/model', prompt_ref: `requests/${id}/prompt` },
    })
    expect(await bench.backlog()).toBe(1)
    const pending = await bench.memory.adapters.operations.pending(10)
    expect(pending.map(({ entry }) => ('queue' in entry ? entry.queue : entry.type)).toSorted()).toEqual([
      'event-driven.process',
      'genai.request.received',
    ])
  })

  it('leaves nothing behind when the commit fails', async () => {
    const bench = await EventBench.open(answer, noWorker)
    await expect(bench.submit({}, { backlogLimit: 0 })).rejects.toThrow(LimitError)
    expect(await bench.events()).toEqual([])
    expect(await bench.memory.adapters.operations.pending(10)).toEqual([])
  })

  it('refuses a model outside the catalogue, and more tokens than it gives [X13, X20]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    await expect(bench.submit({ model_id: 'nobody/knows' })).rejects.toMatchObject({ code: 'model_unknown', field: 'model_id' })
    await expect(bench.submit({ model_id: 'test/small', max_tokens: 11 })).rejects.toThrow(InvalidInputError)
    const id = await bench.submit({ model_id: 'test/small' })
    expect((await bench.fields(id)).max_tokens).toBe(10)
  })

  it('takes the user from the token [X14]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    const odd = { prompt: 'Hello', user_id: 'mallory', tenant_id: 'beta' }
    const { request_id } = await processGenaiRequest(await bench.scope('alpha', 'ada'), odd)
    expect((await bench.fields(request_id)).user_id).toBe('ada')
    await expect(bench.fields(request_id, 'beta')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('gives the first acknowledgement for the same key or id and body, and refuses another body [X6, X7]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    const scope = await bench.scope()
    const first = await processGenaiRequest(scope, { prompt: 'One' }, { idempotencyKey: 'key' })
    await bench.pass(5_000)
    const repeated = Array.from({ length: 5 }, () => processGenaiRequest(scope, { prompt: 'One' }, { idempotencyKey: 'key' }))
    for (const acknowledgement of await Promise.all(repeated)) expect(acknowledgement).toEqual(first)
    await expect(processGenaiRequest(scope, { prompt: 'Two' }, { idempotencyKey: 'key' })).rejects.toThrow(ReusedError)
    const named = await processGenaiRequest(scope, { prompt: 'One', request_id: 'mine' })
    expect(await processGenaiRequest(scope, { prompt: 'One', request_id: 'mine' })).toEqual(named)
    await expect(processGenaiRequest(scope, { prompt: 'Two', request_id: 'mine' })).rejects.toThrow(ReusedError)
    expect(await bench.events('genai.request.received')).toHaveLength(2)
    expect(await bench.backlog()).toBe(2)
  })

  it('keeps ids and keys of tenants apart [X6]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    for (const tenant of ['alpha', 'beta']) {
      await processGenaiRequest(
        await bench.scope(tenant),
        { prompt: `Of ${tenant}`, request_id: 'same' },
        { idempotencyKey: 'same' },
      )
    }
    expect((await bench.fields('same', 'alpha')).body_digest).not.toBe((await bench.fields('same', 'beta')).body_digest)
  })

  it('refuses when too much of the tenant waits, and takes again when there is room [X8]', async () => {
    const bench = await EventBench.open(answer, noWorker)
    const limit = { backlogLimit: 3 }
    for (let request = 0; request < 3; request++) await bench.submit({}, limit)
    await expect(bench.submit({}, limit)).rejects.toMatchObject({ code: 'queue_full', retryAfter: 10 })
    await expect(processGenaiRequest(await bench.scope('beta'), { prompt: 'Mine' }, limit)).resolves.toBeDefined()
    bench.start()
    await bench.pass(5_000)
    expect(await bench.backlog()).toBe(0)
    await bench.submit({}, limit)
    await bench.stop()
  })

  it('keeps prompts, results and bodies out of events, plain fields and clear bytes [X15]', async () => {
    const bench = await EventBench.open(() => 'canary of the result')
    const id = await bench.submit({ prompt: 'canary of the prompt' }, { idempotencyKey: 'canary-of-the-key' })
    await bench.pass(2_000)
    expect(await bench.result(id)).toBe('canary of the result')
    const stored = await bench.memory.inner.state.get({ tenant: 'alpha', collection: 'requests', partition: id, sort: '@' })
    const texts = [
      JSON.stringify(stored?.index),
      ...Object.values(stored?.sealed ?? {}).map((bytes) => new TextDecoder().decode(bytes)),
    ]
    for (const text of [...texts, JSON.stringify(await bench.events()), JSON.stringify(bench.memory.bus.published)]) {
      expect(text).not.toContain('canary')
    }
    expect(Object.keys(stored?.sealed ?? {}).toSorted()).toEqual(['prompt', 'result'])
    await bench.stop()
  })

  it('keeps a prompt of a megabyte whole, as an object of its own', async () => {
    const bench = await EventBench.open(({ prompt }) => `I got ${prompt.length}.`)
    const prompt = 'pröse '.repeat(180_000)
    const id = await bench.submit({ prompt })
    await bench.pass(2_000)
    expect(await bench.result(id)).toBe(`I got ${prompt.length}.`)
    const objects = await bench.memory.adapters.objects.list({ tenant: 'alpha', limit: 10 })
    expect(objects.items).toHaveLength(1)
    await bench.stop()
  })
})
