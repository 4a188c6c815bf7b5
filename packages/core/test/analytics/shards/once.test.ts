import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamRecord } from '../../../src/analytics/record.ts'
import type { ShardWork } from '../../../src/analytics/shards/shard-work.ts'
import { type Fault, record, ShardBench } from './shard-bench.ts'

const bad = new TextEncoder().encode('{"v":1,"records":[["key"],["s1",1767225600000,{"value":1}]]}')

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom<StreamRecord['data'][string]>(500, -1e300, 1e308, 'text', true, null, [1], { a: 1 }) },
)
const drawn = fc.record({
  key: fc.integer({ min: 0, max: 12 }).map((number) => `s${number}`),
  jitter: fc.integer({ min: -9, max: 9 }),
  data: fc.record({ value, other: value, mode: fc.constantFrom('on', 'off', 'x') }, { requiredKeys: ['value'] }),
  id: fc.option(fc.integer({ min: 0, max: 30 }).map(String), { nil: undefined }),
})
const entry = fc.oneof(
  { weight: 8, arbitrary: fc.record({ records: fc.array(drawn, { maxLength: 6 }), pause: fc.constantFrom(0, 1, 3, 3, 60) }) },
  { weight: 1, arbitrary: fc.constant('bad' as const) },
)
/** For nothing, for some pages, for all. */
const memory = fc.constantFrom(4_000, 30_000, 1e9, 1e9)
const step = fc.record({
  /** Which process is delivered to, and how many entries. */
  process: fc.nat({ max: 1 }),
  amount: fc.integer({ min: 0, max: 6 }),
  keepNow: fc.boolean(),
  /** For the commits of this step, in turn. */
  faults: fc.array(fc.constantFrom<Fault>(undefined, undefined, undefined, 'before', 'after', 'conflict', 'lost'), {
    maxLength: 4,
  }),
  /** The process dies when it is done, whatever came of it. */
  dies: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
  /** What is delivered begins so many entries before what is kept. */
  again: fc.constantFrom(0, 0, 2, 50),
})

function fill(
  bench: ShardBench,
  entries: readonly (
    | 'bad'
    | { records: { key: string; jitter: number; data: object; id: string | undefined }[]; pause: number }
  )[],
): void {
  let time = 0
  for (const each of entries) {
    if (each === 'bad') {
      bench.append(bad)
      continue
    }
    time += each.pause
    bench.append(each.records.map(({ key, jitter, data, id }) => record(key, time + jitter, data as StreamRecord['data'], id)))
  }
}

describe('a shard whose processes die, conflict and are delivered to again', () => {
  it('tells everything exactly once: findings, window results and figures are those of one pass [X49][X50][X54]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 5, maxLength: 30 }),
        fc.array(step, { maxLength: 25 }),
        memory,
        // Where rows are paid by the byte, pages lie apart.
        fc.constantFrom(undefined, 300),
        async (entries, steps, memoryBytes, rewrittenBytes) => {
          const whole = await ShardBench.open()
          fill(whole, entries)
          await whole.run()

          const bench = await ShardBench.open({}, rewrittenBytes === undefined ? {} : { rewrittenBytes })
          fill(bench, entries)
          const options = { pageCharacters: 1_500, memoryBytes, keepAfter: { milliseconds: 15_000, records: 40 } }
          // Two processes may think that the shard is theirs.
          const processes: { work: ShardWork; at: number; kept: number }[] = [0, 1].map(() => ({
            work: bench.work(options),
            at: 0,
            kept: 0,
          }))
          let kept = 0
          for (const { process: number, amount, keepNow, faults, dies, again } of steps) {
            const one = processes[number] as (typeof processes)[number]
            let next = 0
            bench.fault = () => faults[next++]
            try {
              const { kept: told } = await bench.take(one.work, one.at, one.at + amount, keepNow)
              // Who delivers may have forgotten some of it, and the process hasn't.
              one.at = Math.max(0, Math.min(one.at + amount, bench.log.length) - (again === 2 ? 2 : 0))
              if (told !== undefined) one.kept = kept = Number(told)
            } catch {
              one.at = Math.max(0, one.kept - again)
            }
            if (dies)
              processes[number] = { work: bench.work(options), at: Math.max(0, kept - again), kept: Math.max(0, kept - again) }
          }
          bench.fault = () => undefined
          await bench.take(bench.work(options), kept, bench.log.length, true)
          const told = await whole.told()
          expect(await bench.told()).toEqual(told)
        },
      ),
      { numRuns: 60 },
    )
  }, 120_000)
})

const hour = 3_600_000

describe("a machine's clock that jumps by an hour, forth and back", () => {
  it('changes nothing of what a shard tells while it works [X54]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 5, maxLength: 30 }),
        fc.array(fc.record({ amount: fc.integer({ min: 0, max: 6 }), jump: fc.constantFrom(-hour, 0, hour) }), { maxLength: 15 }),
        async (entries, steps) => {
          const whole = await ShardBench.open()
          fill(whole, entries)
          await whole.run()
          const bench = await ShardBench.open()
          fill(bench, entries)
          const work = bench.work({ keepAfter: { milliseconds: 15_000, records: 40 } })
          let at = 0
          for (const { amount, jump } of steps) {
            bench.clock.jump(bench.clock.now() + jump)
            await bench.take(work, at, at + amount)
            at = Math.min(at + amount, bench.log.length)
          }
          await bench.take(work, at, bench.log.length, true)
          expect(await bench.told()).toEqual(await whole.told())
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)

  it.each([hour, -hour])(
    'makes no record late, and no window other, where it jumps by %d as records are accepted',
    async (jump) => {
      const results = async (jumps: boolean) => {
        const bench = await ShardBench.open()
        for (let second = 0; second < 120; second++) {
          bench.append([record('s1', second, { value: second % 7 })])
          const last = bench.log.at(-1)
          if (jumps && last && second >= 40 && second < 60) bench.log.splice(-1, 1, { ...last, at: last.at + jump })
        }
        await bench.run()
        const { results: windows, figures } = await bench.told()
        return { windows, late: figures.late }
      }
      const jumped = await results(true)
      expect(jumped.late).toBe(0)
      expect(jumped).toEqual(await results(false))
    },
  )
})
