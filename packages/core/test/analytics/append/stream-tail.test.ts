import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { changeAlerts } from '../../../src/analytics/alerts/raise-alerts.ts'
import { deleteStream } from '../../../src/analytics/delete-stream.ts'
import type { Insight } from '../../../src/analytics/insight.ts'
import { setUpStream } from '../../../src/analytics/set-up-stream.ts'
import { type TailPoint, tailWrites } from '../../../src/analytics/shards/tail.ts'
import { followStream } from '../../../src/analytics/stream-tail.ts'
import type { StreamFields } from '../../../src/analytics/streams.ts'
import { keepRound, roundEvents } from '../../../src/analytics/tail-cursors.ts'
import type { WindowResult } from '../../../src/analytics/windows/window.ts'
import type { ServerEvent } from '../../../src/define/route.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import { EventBench } from '../../event-driven/bench.ts'
import { keepInsight } from '../keep-insight.ts'

let bench: EventBench
let scope: Scope
let stream: StreamFields
let sequence: number

beforeEach(async () => {
  bench = await EventBench.open(() => '', { worker: false })
  scope = await bench.scope()
  stream = (await setUpStream(scope, 'plant', { shards: 3 })).fields
  sequence = 0
})

/** Points as a shard tells them, in one commit. */
async function tell(
  shard: number,
  values: readonly number[],
  { key = `k${shard}`, results = [] }: { readonly key?: string; readonly results?: WindowResult[] } = {},
): Promise<void> {
  const points = values.map((value): TailPoint => [key, 'value', scope.clock.now(), value, 0.1])
  const told = String(++sequence).padStart(16, '0')
  await scope.state.commit({
    writes: tailWrites('plant', shard, { points, findings: [], results }, { told, at: scope.clock.now() }),
  })
}

function insightOf(name: string, priority: number): Insight {
  const analysis = {
    patterns: ['x'],
    risk_level: 'low',
    recommended_actions: [],
    confidence: 0.5,
    alert_priority: priority,
  } as const
  const seen = { timestamp: 5, kind: 'value', value: 9, score: 1, reason: 'It jumped.', recent: [], accepted: 6 } as const
  const finding = { key: name, field: 'value', ...seen } as const
  const evidence = {
    incident_id: `of-${name}`,
    by: 'statistics',
    statistics: analysis,
    finding,
    related: [],
    findings: 1,
    keys: 1,
  } as const
  return {
    insight_id: name,
    stream: 'plant',
    key: name,
    timestamp: 5,
    data_point: { value: 9 },
    analysis,
    evidence,
    processing_time: 0.1,
  }
}

/** Time passes by little in between: so a reader has seen all that was there when it stops. */
async function follow(
  after: number | undefined,
  options: { readonly most?: number; readonly key?: string } = {},
): Promise<ServerEvent[]> {
  const { most = Number.POSITIVE_INFINITY, key } = options
  const gone = new AbortController()
  const events: ServerEvent[] = []
  let ended = false
  const reading = (async () => {
    for await (const event of followStream(scope, stream, { after, key, signal: gone.signal })) {
      events.push(event)
      if (events.length >= most) break
    }
    ended = true
  })()
  for (let idle = 0, seen = 0; idle < 3 && !ended; idle++) {
    await bench.pass(250, 250)
    if (events.length > seen) idle = 0
    seen = events.length
  }
  gone.abort()
  await bench.pass(250, 250)
  await reading
  return events
}

const position = { shards: ['', '', ''], insights: { until: 0, told: [] }, alerts: 0 }
const valuesOf = (events: readonly ServerEvent[]): number[] =>
  events.flatMap(({ event, data }) =>
    event === 'point' ? Object.values((data as { values: Record<string, number> }).values) : [],
  )
const kindsOf = (events: readonly ServerEvent[]): string[] => events.map(({ event }) => event)

describe('following a stream', () => {
  it('begins now, with a status, and tells what comes', async () => {
    await tell(0, [1])
    await keepInsight(scope, insightOf('before', 5))
    const begun = await follow(undefined)
    // What a shard told before its head says so is told again; what lies behind is not.
    expect(begun[0]).toMatchObject({ event: 'status', data: { stream: 'plant', gap: false } })
    const last = begun.at(-1)?.id
    await tell(1, [2, 3])
    await keepInsight(scope, insightOf('later', 3))
    const events = await follow(last)
    expect(valuesOf(events)).toEqual([2, 3])
    expect(kindsOf(events)).toEqual(['point', 'point', 'insight'])
    expect(events[2]?.data).toMatchObject({ insight_id: 'later', key: 'later', timestamp: '1970-01-01T00:00:00.005Z' })
    expect(await follow(events.at(-1)?.id)).toEqual([])
  })

  it('loses nothing and repeats nothing, wherever it is cut off [X50]', async () => {
    const action = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('tell' as const), shard: fc.nat(2), amount: fc.integer({ min: 1, max: 150 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('insight' as const), name: fc.nat(3), alert: fc.boolean() }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('read' as const), most: fc.integer({ min: 1, max: 120 }), back: fc.nat(30) }),
      },
    )
    const ids = new Set<string>()
    let made = 0
    let next = 0
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
        stream = (await setUpStream(scope, 'plant', { shards: 3 })).fields
        const begun = await follow(undefined)
        const base = begun.at(-1)?.id
        const seen: ServerEvent[] = []
        ids.add(begun[0]?.event ?? '')
        const first = next
        let insights = 0
        let alerts = 0
        const read = async (most: number | undefined, back: number): Promise<void> => {
          // The connection may break before what was sent arrives.
          seen.splice(Math.max(0, seen.length - back))
          const events = await follow(seen.at(-1)?.id ?? base, most === undefined ? {} : { most })
          seen.push(...events)
        }
        for (const each of actions) {
          if (each.kind === 'tell') {
            await tell(
              each.shard,
              Array.from({ length: each.amount }, () => next++),
            )
          } else if (each.kind === 'insight') {
            const id = `i${each.name}-${made++}`
            const insight = insightOf(id, each.alert ? 5 : 1)
            await keepInsight(scope, insight)
            insights += 1
            if (!each.alert) continue
            const { writes, emit } = await changeAlerts(scope, { raise: [insight] })
            if (writes.length + emit.length > 0) await scope.state.commit({ writes, emit })
            alerts += emit.filter((entry) => entry.kind === 'event').length
          } else await read(each.most, each.back)
          await bench.pass(50, 50)
        }
        await read(undefined, 0)
        expect(valuesOf(seen).sort((one, other) => one - other)).toEqual(
          Array.from({ length: next - first }, (_, index) => first + index),
        )
        expect(kindsOf(seen).filter((kind) => kind === 'insight')).toHaveLength(insights)
        expect(kindsOf(seen).filter((kind) => kind === 'alert')).toHaveLength(alerts)
        expect(seen.map(({ id }) => id)).toEqual([...seen.map(({ id }) => id)].sort((one, other) => one - other))
        expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
        for (const event of seen) ids.add(event.event)
      }),
      { numRuns: 25 },
    )
    expect([...ids].sort()).toEqual(['alert', 'insight', 'point', 'status'])
  })

  it('tells of windows that closed', async () => {
    const begun = await follow(undefined)
    const result = { window: '1m', key: 'k0', start: 0, end: 60_000, count: 6, rate: 0.1, numbers: {}, categories: {} }
    await tell(0, [], { results: [result] })
    expect(await follow(begun.at(-1)?.id)).toMatchObject([
      { event: 'window', data: { stream: 'plant', window: '1m', key: 'k0', start: '1970-01-01T00:00:00.000Z', count: 6 } },
    ])
  })

  it('has ids that a client may send back: up to fifteen digits', async () => {
    const round = { from: position, to: position, insights: [] }
    const late = { ...scope, clock: { ...scope.clock, now: () => Date.UTC(2050, 0, 1) } }
    const id = await keepRound(late, 'plant', round, 0)
    expect(String(id + roundEvents).length).toBeLessThanOrEqual(15)
    // Two followers at the same time.
    expect(await keepRound(late, 'plant', round, 0)).toBeGreaterThan(id + roundEvents)
  })

  it('shows one key alone, under the same ids', async () => {
    const begun = await follow(undefined)
    await tell(0, [1], { key: 'a' })
    await tell(1, [2], { key: 'b' })
    const all = await follow(begun.at(-1)?.id)
    const alone = await follow(begun.at(-1)?.id, { key: 'b' })
    expect(valuesOf(alone)).toEqual([2])
    expect(all.filter(({ data }) => (data as { key: string }).key === 'b').length).toBe(1)
  })

  it('tells an insight again when it changes, also one that shows late', async () => {
    const begun = await follow(undefined)
    await keepInsight(scope, insightOf('one', 2))
    const first = await follow(begun.at(-1)?.id)
    await keepInsight(scope, insightOf('one', 4))
    const second = await follow(first.at(-1)?.id)
    expect([...first, ...second].map(({ event, data }) => [event, (data as Insight).analysis.alert_priority])).toEqual([
      ['insight', 2],
      ['insight', 4],
    ])
  })

  it('after an id that nobody knows any more it goes on from now, and says that something is missing', async () => {
    const begun = await follow(undefined)
    await tell(0, [1])
    await bench.pass(11 * 60_000, 60_000)
    const events = await follow(begun[0]?.id)
    expect(events[0]).toMatchObject({ event: 'status', data: { gap: true } })
    expect(Number(events[0]?.id)).toBeGreaterThan(Number(begun[0]?.id))
  })

  it('ends with its stream', async () => {
    let ended = false
    const reading = (async () => {
      for await (const _ of followStream(scope, stream, {
        after: undefined,
        key: undefined,
        signal: new AbortController().signal,
      }));
      ended = true
    })()
    await bench.pass(2_000, 250)
    expect(ended).toBe(false)
    await deleteStream(scope, 'plant')
    await bench.pass(6_000, 250)
    expect(ended).toBe(true)
    await reading
  })
})
