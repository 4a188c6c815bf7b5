import { describe, expect, it } from 'vitest'
import { jobOf } from '../src/contracts/index.ts'
import { requests } from '../src/event-driven/requests.ts'
import {
  type AnyRoute,
  envelope,
  eventBusName,
  eventDriven,
  handleGenaiProcessingEvent,
  type Lease,
  noBytes,
  patterns,
  type Reply,
  type Scope,
} from '../src/index.ts'
import { EventBench } from './event-driven/bench.ts'

const minute = 60_000
const lease: Lease = { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} }

function routeOf(name: string): AnyRoute {
  const route = eventDriven.routes.find(({ method, path }) => `${method} ${path}` === name)
  if (!route) throw new Error(`There is no ${name}.`)
  return route
}

/** As the server calls a route, once it has parsed what came. */
function call(
  scope: Scope,
  name: string,
  input: { params?: object; query?: object; body?: object; idempotencyKey?: string } = {},
): Promise<Reply> {
  const route = routeOf(name)
  const parsed = {
    params: route.params?.parse(input.params),
    query: route.query?.parse(input.query ?? {}),
    body: route.body?.parse(input.body),
  }
  if (!('handle' in route)) throw new Error(`${name} is a route of administration.`)
  const nothing = { mustBeNew: false, lastEventId: undefined, bytes: noBytes(), origin: '' }
  return route.handle(scope, { ...parsed, idempotencyKey: input.idempotencyKey, signal: lease.signal, ...nothing })
}

describe('the way of a request', () => {
  it('leads from the client over state, bus and queue to the model, and back [G1, R6, R9, R10, R11, R12, R14, R15, R23, X1, X2, X4, X5, X18]', async () => {
    const bench = await EventBench.open(() => 'A line that waits.', { worker: false })
    const scope = await bench.scope()
    // API → state: the row is there when the client gets its answer.
    const accepted = await call(scope, 'POST /api/requests', { body: { prompt: 'What is a queue?', request_id: 'mine' } })
    expect(accepted).toMatchObject({
      status: 202,
      headers: { location: '/api/requests/mine' },
      body: { request_id: 'mine', status: 'processing' },
    })
    expect((await scope.state.get(requests, { partition: 'mine' }))?.fields).toMatchObject({ status: 'processing', attempts: 0 })
    expect(bench.models.calls).toEqual([])
    // State → bus and queue: what was emitted is sent by the relay.
    bench.start()
    await bench.pass(1_000)
    const published = bench.memory.bus.published.map(envelope)
    expect(published.map(({ type }) => type)).toEqual(['genai.request.received', 'genai.request.completed'])
    expect(eventBusName).toBe('genai-eventbus')
    for (const event of published) {
      expect(event).toMatchObject({
        source: 'genai.service',
        version: 1,
        tenant_id: 'alpha',
        correlation_id: 'correlation-of-ada',
        subject: 'mine',
      })
      expect(event.time).toMatch(/^2026-01-01T00:00:0\d\.\d{3}Z$/)
    }
    // Queue → model → state.
    expect(bench.models.calls.map(({ prompt }) => prompt)).toEqual(['What is a queue?'])
    const read = await call(scope, 'GET /api/requests/{id}', { params: { id: 'mine' } })
    expect(read).toMatchObject({
      status: 200,
      body: { status: 'completed', result: { text: 'A line that waits.', stop_reason: 'end_turn', model_id: 'test/model' } },
    })
    await bench.stop()
  })

  it('has a handler for every job that it starts: nothing waits for nobody [X2]', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    await bench.submit()
    const handled = new Set(patterns.flatMap((pattern) => pattern.jobs.map((job) => job.name)))
    const declared = new Set(patterns.flatMap((pattern) => pattern.events.map((event) => `${event.type} ${event.version}`)))
    const pending = await bench.memory.adapters.operations.pending(10)
    expect(pending).toHaveLength(2)
    for (const { entry } of pending) {
      if ('queue' in entry) expect(handled).toContain(entry.queue)
      else expect(declared).toContain(`${entry.type} ${entry.version}`)
    }
  })

  it('shows each step that update_request_status took, in order, with the attempt and its reason [R12, R13, R126]', async () => {
    const bench = await EventBench.open(({ attempt }) =>
      attempt < 3 ? Promise.reject(Object.assign(new Error('raw'), { statusCode: attempt === 1 ? 429 : 503 })) : 'Done.',
    )
    const id = await bench.submit()
    await bench.pass(2 * minute)
    const { timeline } = await bench.fields(id)
    expect(timeline.map(({ type, attempt, detail }) => [type, attempt, detail])).toEqual([
      ['received', undefined, undefined],
      ['started', 1, undefined],
      ['throttled', 1, 'model_throttled'],
      ['started', 2, undefined],
      ['retrying', 2, 'model_unavailable'],
      ['started', 3, undefined],
      ['completed', 3, undefined],
    ])
    for (const [index, entry] of timeline.entries()) expect(entry.at).toBeGreaterThanOrEqual(timeline[index - 1]?.at ?? 0)
    await bench.stop()
  })

  it('takes up a spike by itself: a thousand at once, 64 at a time, each once [R6, R18, X7, X8]', async () => {
    let [running, most] = [0, 0]
    const bench = await EventBench.open(async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(500, resolve))
      running--
      return 'Done.'
    })
    const scope = await bench.scope()
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => call(scope, 'POST /api/requests', { body: { prompt: `Question ${index}` } })),
    )
    expect(replies.every(({ status }) => status === 202)).toBe(true)
    expect(await bench.backlog()).toBe(1_000)
    await bench.pass(20_000, 500)
    expect(most).toBe(64)
    expect(bench.models.calls).toHaveLength(1_000)
    expect(new Set(bench.models.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1_000)
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('promises more time when more waits, and what was measured when it was [R10, X16]', async () => {
    const bench = await EventBench.open(async () => {
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(30_000, resolve))
      return 'Done.'
    })
    const scope = await bench.scope()
    const promised = async (): Promise<number> => {
      const now = bench.memory.clock.now()
      const { body } = await call(scope, 'POST /api/requests', { body: { prompt: 'Again?' } })
      return Date.parse((body as { estimated_completion_at: string }).estimated_completion_at) - now
    }
    expect(await promised()).toBe(2_000)
    await bench.pass(minute)
    const measured = await promised()
    expect(measured).toBeGreaterThanOrEqual(30_000)
    expect(measured).toBeLessThan(35_000)
    for (let more = 0; more < 100; more++) await bench.submit()
    await bench.pass(2 * minute)
    for (let waiting = 0; waiting < 640; waiting++) await bench.submit()
    expect(await promised()).toBeGreaterThan(300_000)
    await bench.pass(10 * minute, 5_000)
    await bench.stop()
  })
})

describe('the handler of a job', () => {
  it.each([
    ['of a request that is not there', { request_id: 'nothing', round: 1 }],
    ['of an earlier round', { request_id: 'mine', round: 0 }],
    ['of a later round', { request_id: 'mine', round: 2 }],
  ])('%s does nothing, and is done [X7, X12]', async (_, body) => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    await bench.submit({ request_id: 'mine' })
    expect(await handleGenaiProcessingEvent(await bench.scope(), body, { job: jobOf('alpha', 'x'), lease })).toEqual({
      done: true,
    })
    expect(bench.models.calls).toEqual([])
    expect(await bench.fields('mine')).toMatchObject({ status: 'processing', attempts: 0 })
  })

  it("of another tenant's request does nothing [X12, X67]", async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    await bench.submit({ request_id: 'mine' })
    await handleGenaiProcessingEvent(
      await bench.scope('beta'),
      { request_id: 'mine', round: 1 },
      { job: jobOf('beta', 'x'), lease },
    )
    expect(bench.models.calls).toEqual([])
    expect(await bench.fields('mine')).toMatchObject({ attempts: 0 })
  })

  it('of a finished request does not ask the model again, however often it comes [X7, X17]', async () => {
    const bench = await EventBench.open(() => 'Done.')
    await bench.submit({ request_id: 'mine' })
    await bench.pass(1_000)
    const before = await bench.fields('mine')
    for (let delivery = 0; delivery < 5; delivery++) {
      await handleGenaiProcessingEvent(await bench.scope(), { request_id: 'mine', round: 1 }, { job: jobOf('alpha', 'x'), lease })
    }
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields('mine')).toEqual(before)
    expect(await bench.events('genai.request.completed')).toHaveLength(1)
    await bench.stop()
  })

  it('whose model left the catalogue fails at once, and says why [X13, X19]', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const id = await bench.submit({ model_id: 'test/small' })
    const scope = await bench.scope()
    const models: Scope['models'] = { ...scope.models, resolve: () => bench.models.resolve('test/gone') }
    await handleGenaiProcessingEvent({ ...scope, models }, { request_id: id, round: 1 }, { job: jobOf('alpha', 'x'), lease })
    expect(await bench.fields(id)).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { code: 'model_unknown', retryable: false },
    })
  })

  it('whose prompt can not be opened any more fails for good, without asking the model [X65]', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    await bench.registry.change('alpha', (settings) => ({ ...settings, isolation_level: 'silo' }))
    const id = await bench.submit()
    const scope = await bench.scope()
    await bench.memory.adapters.keys.disable('alias/tenant-alpha-key')
    bench.memory.clock.jump(bench.memory.clock.now() + 5 * minute)
    await handleGenaiProcessingEvent(scope, { request_id: id, round: 1 }, { job: jobOf('alpha', 'x'), lease })
    expect(bench.models.calls).toEqual([])
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', error: { code: 'key_disabled' } })
  })
})
