/** What followers of a stream are shown of its records, and what there still is of it. @module */
import { sha256 } from '../crypto.ts'
import { wrongCursor } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import type { Page } from '../ports/state-store.ts'
import type { Uses } from '../scope/scope.ts'
import { detectionThreshold } from './detect/detector.ts'
import { readTail, type TailPoint } from './shards/tail.ts'
import type { StreamFields } from './streams.ts'

/** The numbers of one record, as it is shown. */
interface ShownPoint {
  readonly stream: string
  readonly key: string
  readonly timestamp: string
  readonly values: Readonly<Record<string, number>>
  /** The greatest of its values'. */
  readonly score: number
  /** Between what each value was expected to be, before it came. */
  readonly expected: Readonly<Record<string, readonly [low: number, high: number]>>
  /** The fields whose value is an anomaly. */
  readonly anomalous: readonly string[]
}

/** So many rows of a shard are read at most: one with more has so many records that what comes fills a page at once. */
const mostRows = 2_000

/** Values as the tail has them, record by record. */
export function showPoints(stream: string, points: readonly TailPoint[]): readonly ShownPoint[] {
  const shown: ShownPoint[] = []
  for (let at = 0; at < points.length; ) {
    const values = new Map<string, number>()
    const expected = new Map<string, readonly [number, number]>()
    const anomalous: string[] = []
    const [key, , time] = points[at] as TailPoint
    let score = 0
    // The fields of one record; two of one time are told apart.
    for (; points[at]?.[0] === key && points[at]?.[2] === time && !values.has(points[at]?.[1] ?? ''); at++) {
      const [, field, , value, own, usual] = points[at] as TailPoint
      values.set(field, value)
      if (usual) expected.set(field, usual)
      if (own >= detectionThreshold) anomalous.push(field)
      score = Math.max(score, own)
    }
    // A field may be named `__proto__`.
    const byField = { values: Object.fromEntries(values), expected: Object.fromEntries(expected) }
    shown.push({ stream, key, timestamp: timestamp(time), ...byField, score, anomalous })
  }
  return shown
}

/** A point, and what names it in its list: a later one has a greater name. */
interface ListedPoint {
  readonly name: string
  readonly point: ShownPoint
}

/** Which points of a stream are asked for. */
export interface PointsQuery {
  readonly key?: string | undefined
  readonly limit: number
  /** Of the page before. */
  readonly after?: string | undefined
}

const listedName = /^\S{20,30} [0-9a-f]{24}\d{4}$/

/**
 * What followers were told in the last ten minutes, the newest first by the time of the records; a sample where many come, and nothing of a
 * shard with very many. All of it is looked through for each page, since records come in any order, and no more than a page is held.
 * @throws InvalidInputError for what no page gave as its end.
 */
export async function listPoints(
  scope: Uses<'state'>,
  { name, shards }: Pick<StreamFields, 'name' | 'shards'>,
  query: PointsQuery,
): Promise<Page<ShownPoint>> {
  const { limit, after } = query
  if (after !== undefined && !listedName.test(after)) throw wrongCursor()
  let newest: readonly ListedPoint[] = []
  for (let shard = 0; shard < shards; shard++)
    newest = newestOf([...newest, ...(await pointsOfShard(scope, name, shard, query))], limit + 1)
  const shown = newest.slice(0, limit)
  const last = newest.length > limit ? shown.at(-1) : undefined
  return { items: shown.map(({ point }) => point), ...(last ? { after: last.name } : {}) }
}

/** A shard's newest behind a page's end: one more than a page has. */
async function pointsOfShard(
  scope: Uses<'state'>,
  name: string,
  shard: number,
  { key, limit, after }: PointsQuery,
): Promise<readonly ListedPoint[]> {
  let newest: readonly ListedPoint[] = []
  let rows = 0
  for await (const { place, points } of readTail(scope, name, shard, '')) {
    if (++rows > mostRows) return []
    const row = sha256(`${shard} ${place}`).slice(0, 24)
    const found = showPoints(name, points)
      .map((point, index) => ({ name: `${point.timestamp} ${row}${String(index).padStart(4, '0')}`, point }))
      .filter((each) => (key === undefined || each.point.key === key) && (after === undefined || each.name < after))
    newest = newestOf([...newest, ...found], limit + 1)
  }
  return newest
}

function newestOf(points: readonly ListedPoint[], count: number): readonly ListedPoint[] {
  return points.toSorted((one, other) => (one.name < other.name ? 1 : -1)).slice(0, count)
}
