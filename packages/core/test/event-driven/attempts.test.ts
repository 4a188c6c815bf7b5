import { APICallError } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { jobOf } from '../../src/contracts/index.ts'
import type { RequestFields } from '../../src/event-driven/requests.ts'
import { requests } from '../../src/event-driven/requests.ts'
import { hasEnded, keptStart, type Start, startIn, startsBefore, withEntry, withStart } from '../../src/event-driven/timeline.ts'
import { handleGenaiProcessingEvent, type Lease, type Outcome, type Scope } from '../../src/index.ts'
import { EventBench } from './bench.ts'

const minute = 60_000
const fault = (statusCode: number): Promise<never> =>
  Promise.reject(new APICallError({ message: 'raw', url: 'http://model', requestBodyValues: {}, statusCode }))
const never = (): Promise<string> => new Promise(() => {})

/** What the state store was asked to write from now on, one line a commit. */
function commitsOf(bench: EventBench): string[] {
  const lines: string[] = []
  const { state } = bench.memory.inner
  const commit = state.commit.bind(state)
  vi.spyOn(state, 'commit').mockImplementation((change, durability) => {
    const names = change.writes.map((write) =>
      'put' in write ? write.put.collection : 'add' in write ? write.add.collection : 'check' in write ? 'check' : 'delete',
    )
    lines.push(`${durability}: ${names.join(' ')}`)
    return commit(change, durability)
  })
  return lines
}

/** One delivery by hand. */
function deliver(scope: Scope, id: string, cutOffs = 0, signal = new AbortController().signal): Promise<Outcome> {
  const lease: Lease = { cutOffs, signal, extend: async () => {} }
  return handleGenaiProcessingEvent(scope, { request_id: id, round: 1 }, { job: jobOf('alpha', id), lease })
}

async function shape(bench: EventBench, id: string): Promise<unknown[]> {
  return (await bench.fields(id)).timeline.map(({ type, attempt }) => [type, attempt])
}

describe('an attempt', () => {
  it('that is answered soon costs one commit and no timer of its own, with its start at its true time', async () => {
    const bench = await EventBench.open(
      () => new Promise((resolve) => bench.memory.clock.setTimer(100, () => resolve('Done.'))),
      {
        worker: false,
      },
    )
    const id = await bench.submit()
    const scope = await bench.scope()
    const commits = commitsOf(bench)
    const started = bench.memory.clock.now()
    const delivery = deliver(scope, id)
    await bench.memory.clock.advance(99)
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields(id)).toMatchObject({ attempts: 0, timeline: [{ type: 'received' }] })
    // The model's own timer, and the ticker.
    expect(bench.memory.clock.timers).toBe(2)
    await bench.memory.clock.advance(1)
    expect(await delivery).toEqual({ done: true })
    expect(commits).toEqual(['synced: requests backlogs usage spending audit-entries'])
    expect((await bench.fields(id)).timeline.map(({ type, at, attempt }) => [type, at - started, attempt])).toEqual([
      ['received', 0, undefined],
      ['started', 0, 1],
      ['completed', 100, 1],
    ])
    await bench.memory.clock.advance(250)
    expect(bench.memory.clock.timers).toBe(0)
  })

  it.each<[string, number, string]>([
    ['throttled', 429, 'relaxed: requests'],
    ['retrying', 503, 'relaxed: requests'],
    ['failed', 400, 'synced: requests backlogs dead-letters spending audit-entries'],
  ])('that ends %s at once costs one commit, too', async (type, status, line) => {
    const bench = await EventBench.open(() => fault(status), { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    const commits = commitsOf(bench)
    await deliver(scope, id)
    expect(commits).toEqual([line])
    expect(await shape(bench, id)).toEqual([
      ['received', undefined],
      ['started', 1],
      [type, 1],
    ])
  })

  it('that is answered soon costs one commit, too, when a tick comes just after it began', async () => {
    const bench = await EventBench.open(
      ({ prompt }) =>
        prompt === 'long' ? never() : new Promise((resolve) => bench.memory.clock.setTimer(100, () => resolve('Done.'))),
      { worker: false },
    )
    const [long, soon] = [await bench.submit({ prompt: 'long' }), await bench.submit()]
    const scope = await bench.scope()
    void deliver(scope, long)
    await bench.memory.clock.advance(200)
    const commits = commitsOf(bench)
    const delivery = deliver(scope, soon)
    await bench.memory.clock.advance(100)
    await delivery
    expect(commits).toEqual(['synced: requests backlogs usage spending audit-entries'])
  })

  it('that still runs after a tick is shown as started, when it was', async () => {
    const bench = await EventBench.open(never, { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    const commits = commitsOf(bench)
    const started = bench.memory.clock.now()
    void deliver(scope, id)
    await bench.memory.clock.advance(249)
    expect(commits).toEqual([])
    await bench.memory.clock.advance(251)
    expect(commits).toEqual(['relaxed: requests'])
    expect(await bench.fields(id)).toMatchObject({ status: 'processing', attempts: 1 })
    expect((await bench.fields(id)).timeline.at(-1)).toMatchObject({ type: 'started', attempt: 1, at: started })
    await bench.memory.clock.advance(10_000)
    expect(commits).toHaveLength(1)
  })

  it.each<[string, number[], number, number]>([
    ['cut off before anything was kept', [0, 1, 2], 0, 3],
    ['told of cut-offs that it knows by itself', [0, 1, 2], 600, 3],
    ['told of none, but for those that it knows', [0, 0, 0], 600, 3],
    ['told of fewer than before', [2, 0, 1], 600, 5],
  ])('of a request %s counts all starts, and never backwards', async (_, told, lived, attempts) => {
    const bench = await EventBench.open(() => (bench.models.calls.length === told.length ? 'Done.' : never()), { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    let most = 0
    for (const [index, cutOffs] of told.entries()) {
      const killed = new AbortController()
      const delivery = deliver(scope, id, cutOffs, killed.signal)
      await bench.memory.clock.advance(lived)
      killed.abort()
      await bench.memory.clock.advance(500)
      await delivery
      const fields = await bench.fields(id)
      expect(fields.attempts).toBeGreaterThanOrEqual(most)
      most = fields.attempts
      if (index === told.length - 1) expect(fields).toMatchObject({ status: 'completed', attempts })
    }
  })

  it('counts what was cut off in the middle of throttles and faults, kept or not [R19]', async () => {
    const script = [() => fault(429), never, never, () => fault(503), never, () => 'Done.']
    const bench = await EventBench.open(() => script[bench.models.calls.length - 1]?.() ?? 'Done.', { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    // What the queue tells: deliveries that ended without an outcome. The third lives long, the second and the fifth don't.
    for (const [cutOffs, lived] of [
      [0, 0],
      [0, 10],
      [1, 700],
      [2, 0],
      [2, 10],
      [3, 0],
    ] as const) {
      const killed = new AbortController()
      const delivery = deliver(scope, id, cutOffs, killed.signal)
      await bench.memory.clock.advance(lived)
      killed.abort()
      await bench.memory.clock.advance(500)
      await delivery
    }
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', attempts: 6, throttled: 1, faults: 1 })
    expect(await shape(bench, id)).toEqual([
      ['received', undefined],
      ['started', 1],
      ['throttled', 1],
      ['started', 3],
      ['started', 4],
      ['retrying', 4],
      ['started', 6],
      ['completed', 6],
    ])
  })

  it('is not begun after twenty that ended without a word: the request may be what kills the process', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const [spared, given] = [await bench.submit(), await bench.submit()]
    const scope = await bench.scope()
    await deliver(scope, spared, 19)
    expect(await bench.fields(spared)).toMatchObject({ status: 'completed', attempts: 20 })
    expect(await deliver(scope, given, 20)).toEqual({ done: true })
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields(given)).toMatchObject({ status: 'failed', attempts: 20, error: { code: 'cut_off' } })
  })
})

describe('what an attempt came to', () => {
  it('is kept though the store fails in passing: the model is not asked again', async () => {
    const bench = await EventBench.open(() => 'Paid for.')
    const id = await bench.submit()
    bench.memory.hostile.unavailableNext(4)
    await bench.pass(20_000)
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', attempts: 1 })
    await bench.stop()
  })

  it.each([
    ['an answer', () => 'Done.', ['started', 'completed']],
    ['a throttle', () => (): Promise<string> => fault(429), ['started', 'throttled', 'started', 'completed']],
  ])('%s is kept once though the answer of its commit is lost', async (_, __, types) => {
    const throttles = types.includes('throttled')
    const bench = await EventBench.open(({ attempt }) => (throttles && attempt === 1 ? fault(429) : 'Done.'))
    const id = await bench.submit()
    bench.memory.hostile.ambiguousNext(1)
    await bench.pass(20_000)
    expect((await bench.fields(id)).timeline.map(({ type }) => type)).toEqual(['received', ...types])
    expect((await bench.fields(id)).attempts).toBe(throttles ? 2 : 1)
    await bench.stop()
  })

  it('is kept though others changed the request meanwhile, and asks the model once', async () => {
    const bench = await EventBench.open(
      () => new Promise((resolve) => bench.memory.clock.setTimer(1_100, () => resolve('Done.'))),
    )
    const id = await bench.submit()
    await bench.pass(1_000, 250)
    bench.memory.hostile.conflictNext(3)
    await bench.pass(1_000, 250)
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', attempts: 1 })
    await bench.stop()
  })

  it('fails for good when it can not be kept: another call would be as vain', async () => {
    const bench = await EventBench.open(() => 'x'.repeat(65 * 1024 * 1024))
    const id = await bench.submit()
    await bench.pass(minute)
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', error: { code: 'too_large' } })
    await bench.stop()
  })
})

describe('two workers with one job', () => {
  it.each([
    [0, 'older'],
    [1, 'newer'],
  ])('keep the entries of each attempt together, when delivery %s answers: the %s', async (winner) => {
    const releases: ((text: string) => void)[] = []
    const bench = await EventBench.open(() => new Promise<string>((resolve) => releases.push(resolve)), { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    const first = deliver(scope, id)
    await bench.memory.clock.advance(600)
    const second = deliver(scope, id)
    await bench.memory.clock.advance(2_000)
    expect(await shape(bench, id)).toEqual([
      ['received', undefined],
      ['started', 1],
      ['started', 2],
    ])
    // They don't take turns at being the last.
    expect((await bench.fields(id)).timeline.map(({ number }) => number)).toEqual([1, 2, 3])
    releases[winner]?.('Mine.')
    await bench.memory.clock.advance(1_000)
    expect(await Promise.all([first, second])).toEqual([{ done: true }, { done: true }])
    expect((await shape(bench, id)).slice(-2)).toEqual([
      ['started', winner + 1],
      ['completed', winner + 1],
    ])
    expect((await bench.fields(id)).timeline.filter(({ type }) => type === 'started')).toHaveLength(2)
    expect((await bench.fields(id)).attempts).toBe(2)
    expect(await bench.events('genai.request.completed')).toHaveLength(1)
  })

  it('that begin in the same moment count as two', async () => {
    const bench = await EventBench.open(never, { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    void deliver(scope, id)
    void deliver(scope, id)
    await bench.memory.clock.advance(2_000)
    expect(await shape(bench, id)).toEqual([
      ['received', undefined],
      ['started', 1],
      ['started', 2],
    ])
  })
})

describe('starts in a timeline', () => {
  const fieldsOf = (parts: Partial<RequestFields>): RequestFields =>
    ({ attempts: 0, attempts_before: 0, throttled: 0, faults: 0, timeline: [], ...parts }) as RequestFields

  it('are counted with what the queue knows, kept or not', () => {
    expect(startsBefore(fieldsOf({}), 0)).toBe(0)
    expect(startsBefore(fieldsOf({}), 3)).toBe(3)
    expect(startsBefore(fieldsOf({ attempts: 2, throttled: 1 }), 1)).toBe(2)
    expect(startsBefore(fieldsOf({ attempts: 2, throttled: 1, faults: 1 }), 1)).toBe(3)
    expect(startsBefore(fieldsOf({ attempts: 7, attempts_before: 7 }), 2)).toBe(9)
    expect(startsBefore(fieldsOf({ attempts: 5 }), 2)).toBe(5)
  })

  it('stand last once, whatever stood there: numbers grow, and attempts never fall', () => {
    const workers = fc.array(fc.record({ worker: fc.nat(2), ends: fc.boolean(), cutOffs: fc.nat(3) }), { maxLength: 200 })
    fc.assert(
      fc.property(workers, (steps) => {
        let fields = fieldsOf({ timeline: withEntry([], { at: 0, type: 'received' }) })
        const starts: (Start | undefined)[] = []
        for (const [at, { worker, ends, cutOffs }] of steps.entries()) {
          const start = starts[worker] ?? { at, cutOffs, after: fields.timeline.at(-1)?.number ?? 0 }
          const begun = withStart(fields, start)
          expect(begun.attempts).toBeGreaterThanOrEqual(fields.attempts)
          const kept = keptStart(start, begun.timeline)
          expect(begun.timeline.at(-1)).toMatchObject({ type: 'started', at: start.at, attempt: kept.kept?.attempt })
          expect(begun.timeline.filter((entry) => entry.attempt === kept.kept?.attempt && entry.type === 'started')).toHaveLength(
            1,
          )
          expect(startIn(start, begun.timeline).kept ?? kept.kept).toEqual(kept.kept)
          expect(hasEnded(begun.timeline, kept)).toBe(false)
          fields = begun
          starts[worker] = kept
          if (ends) {
            const attempt = kept.kept?.attempt ?? 0
            fields = {
              ...begun,
              throttled: begun.throttled + 1,
              timeline: withEntry(begun.timeline, { at, type: 'throttled', attempt }),
            }
            expect(hasEnded(fields.timeline, kept)).toBe(true)
            starts[worker] = undefined
          }
          const numbers = fields.timeline.map((entry) => entry.number)
          expect(numbers).toEqual([...new Set(numbers)].toSorted((left, right) => left - right))
          expect(fields.timeline.length).toBeLessThanOrEqual(100)
        }
      }),
    )
  })
})

describe('a request of an older version', () => {
  it('expires a week after its round began', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const id = await bench.submit()
    const scope = await bench.scope()
    const { state } = bench.memory.inner
    const row = await state.get({ tenant: 'alpha', collection: 'requests', partition: id, sort: '@' })
    if (!row) throw new Error('It is there.')
    const { expires_at, ...older } = row.index
    await state.commit({ writes: [{ put: { ...row, schema: 1, index: older } }] })
    const read = await scope.state.get(requests, { partition: id })
    expect(read?.fields.expires_at).toBe(expires_at)
    await deliver(scope, id)
    expect((await bench.fields(id)).status).toBe('completed')
  })
})
