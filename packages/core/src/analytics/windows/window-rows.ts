import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import { pageHash, shardPartition } from '../shards/shard-of.ts'
import type { WindowResult } from './window.ts'
import { packResult, unpackResults } from './window-form.ts'

/** Of one row's results, as text: a longer text would lie in an object of its own. */
const rowBytes = 30_000
/** Digits of a slice: rows of one hold the results of a sixteenth of the keys for each, so that a key's are found among few. */
const sliceDigits: readonly number[] = [2, 1, 0]

/** Results of many keys that closed together. */
export interface WindowRowFields {
  readonly stream: string
  readonly shard: number
  /** Its place in the shard. */
  readonly place: string
  /** How the hash of every key in it begins, in hexadecimal digits; empty for any. */
  readonly slice: string
  /** Names of the windows in it. */
  readonly windows: readonly string[]
  /** Of its results the first start and the last end, milliseconds UTC. */
  readonly from: number
  readonly to: number
  readonly count: number
  readonly expires: number
}

export type WindowLists = 'time' | 'slice'

export const windowRows: Collection<WindowRowFields, { results: string }, WindowLists> = defineCollection<
  WindowRowFields,
  { results: string },
  WindowLists
>({
  name: 'stream-windows',
  schema: 1,
  plain: z.strictObject({
    stream: z.string(),
    shard: z.number(),
    place: z.string(),
    slice: z.string(),
    windows: z.array(z.string()),
    from: z.number(),
    to: z.number(),
    count: z.number(),
    expires: z.number(),
  }),
  sealed: ['results'],
  lists: {
    time: { group: ({ stream }) => stream, order: orderOf },
    slice: { group: ({ stream, slice }) => sliceGroup(stream, slice), order: orderOf },
  },
  expires: ({ expires }) => expires,
})

/** By the end of its last window. */
export function orderOf({ to, shard, place }: WindowRowFields): string {
  return `${String(Math.max(0, to)).padStart(16, '0')}/${String(shard).padStart(2, '0')}/${place}`
}

export function sliceGroup(stream: string, slice: string): string {
  return `${stream}/${slice}`
}

/** The slices that a key's results may lie in. */
export function slicesOf(key: string): readonly string[] {
  const hash = hashOf(key)
  return sliceDigits.map((digits) => hash.slice(0, digits))
}

/**
 * The writes that keep results: rows of at most 30 KB, which may be spread over commits as one likes, in their order. A result is kept with
 * twelve digits of what was computed.
 * @param place where they come in the shard, printable ASCII: behind all that were written before, and no other results have it.
 * @param expires milliseconds UTC.
 */
export function windowWrites(
  { stream, shard, place, expires }: Pick<WindowRowFields, 'stream' | 'shard' | 'place' | 'expires'>,
  results: readonly WindowResult[],
): readonly RecordWrite[] {
  return packedInRows(results).map(({ slice, texts, of }, index) => {
    const own = `${place}/${String(index).padStart(5, '0')}`
    const fields: WindowRowFields = {
      ...{ stream, shard, place: own, slice, expires, count: of.length },
      windows: [...new Set(of.map(({ window }) => window))],
      from: of.reduce((first, { start }) => Math.min(first, start), Number.MAX_SAFE_INTEGER),
      to: of.reduce((last, { end }) => Math.max(last, end), 0),
    }
    return replace(windowRows, { partition: shardPartition(stream, shard), sort: own }, fields, {
      results: `[${texts.join(',')}]`,
    })
  })
}

/** The results of a shard in the order that they were written, from behind a place ('' for all). */
export async function* readWindowRows(
  scope: Uses<'state'>,
  stream: string,
  shard: number,
  after = '',
): AsyncGenerator<{ readonly place: string; readonly results: readonly WindowResult[] }> {
  for await (const row of scope.state.read(windowRows, shardPartition(stream, shard), after || undefined)) {
    yield { place: row.sort, results: unpackResults((await row.open('results')) ?? '[]') }
  }
}

interface Sized {
  readonly result: WindowResult
  readonly text: string
  readonly hash: string
  readonly bytes: number
}

interface Packed {
  readonly slice: string
  readonly texts: string[]
  readonly of: WindowResult[]
  bytes: number
}

const encoder = new TextEncoder()

/** In the finest slices that take less than twice the rows that are needed. */
function packedInRows(results: readonly WindowResult[]): readonly Packed[] {
  const sized = results
    .toSorted((one, other) => one.end - other.end)
    .map((result): Sized => {
      const text = packResult(result)
      return { result, text, hash: hashOf(result.key), bytes: encoder.encode(text).byteLength + 1 }
    })
  const least = Math.ceil(sized.reduce((total, { bytes }) => total + bytes, 0) / rowBytes)
  let rows: readonly Packed[] = []
  for (const digits of sliceDigits) {
    rows = sliced(sized, digits)
    if (rows.length < 2 * least) break
  }
  return rows
}

/** Each slice's results by their ends, in as few rows as hold them. */
function sliced(sized: readonly Sized[], digits: number): readonly Packed[] {
  const rows: Packed[] = []
  const open = new Map<string, Packed>()
  for (const { result, text, hash, bytes } of sized) {
    const slice = hash.slice(0, digits)
    let row = open.get(slice)
    if (!row || row.bytes + bytes > rowBytes) {
      row = { slice, texts: [], of: [], bytes: 1 }
      open.set(slice, row)
      rows.push(row)
    }
    row.texts.push(text)
    row.of.push(result)
    row.bytes += bytes
  }
  return rows
}

/** By the hash of their pages, as those of one page are written together. */
function hashOf(key: string): string {
  return pageHash(key).toString(16).padStart(8, '0')
}
