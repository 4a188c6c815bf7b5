import { expect, it } from 'vitest'
import { type TailPoint, tailWrites } from '../../src/analytics/shards/tail.ts'
import { listPoints } from '../../src/analytics/stream-points.ts'
import { ShardBench, start, streamName } from './shards/shard-bench.ts'

const stream = { name: streamName, shards: 3 }
const minute = 60_000

/** Rows of all shards, whose records come in any order. */
async function open(rows: number, pointsARow: number, shards = stream.shards): Promise<ShardBench> {
  const bench = await ShardBench.open()
  for (let row = 0; row < rows; row++) {
    const points = Array.from({ length: pointsARow }, (_, at): TailPoint => {
      const second = (row * 7 + at * 13) % 90
      return [`k${at % 4}`, 'value', start + second * 1_000, row + at, 0]
    })
    const told = { told: String(row).padStart(6, '0'), at: start + row * 1_000 }
    const writes = tailWrites(streamName, row % shards, { points, findings: [], results: [] }, told)
    await bench.scope.state.commit({ writes })
  }
  return bench
}

it.each([undefined, 'k1'])('the points of a stream come page by page, the newest first, each once: of %s', async (key) => {
  const { scope } = await open(30, 10)
  const whole = await listPoints(scope, stream, { key, limit: 1_000 })
  expect(whole.after).toBeUndefined()
  expect(whole.items).toHaveLength(key ? 90 : 300)
  const times = whole.items.map(({ timestamp }) => timestamp)
  expect(times).toEqual(times.toSorted().reverse())
  const paged = []
  let after: string | undefined
  do {
    const page = await listPoints(scope, stream, { key, limit: 7, after })
    expect(page.items.length).toBeLessThanOrEqual(7)
    paged.push(...page.items)
    after = page.after
  } while (after !== undefined)
  expect(paged).toEqual(whole.items)
})

it('a page of points goes on where the last one ended, also when the point there has gone', async () => {
  const { scope, clock } = await open(30, 10)
  const { items, after } = await listPoints(scope, stream, { limit: 150 })
  clock.jump(start + 10 * minute + 27_500)
  const left = (await listPoints(scope, stream, { limit: 1_000 })).items
  const rest = (await listPoints(scope, stream, { limit: 1_000, after })).items
  expect(left).not.toContainEqual(items.at(-1))
  expect(rest.length).toBeGreaterThan(0)
  expect(left.length).toBeGreaterThan(rest.length)
  expect(left.slice(-rest.length)).toEqual(rest)
})

it('a page of points is one also where a shard told hundreds of thousands of them', async () => {
  const { scope } = await open(700, 200, 1)
  const { items, after } = await listPoints(scope, { name: streamName, shards: 1 }, { limit: 50 })
  expect(items).toHaveLength(50)
  expect(after).toBeDefined()
}, 60_000)
