import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import { insert, type RecordWrite, remove } from '../scope/state.ts'
import { listSegments, settle } from './changes.ts'
import {
  type HeadFields,
  type RemovalFields,
  type SpaceFields,
  searchRemovals,
  searchSegments,
  searchUnlisted,
} from './collections.ts'
import { nameBytes } from './document-table.ts'
import { sequenceKey, wholeIndex } from './head.ts'
import type { Built } from './lexical-builder.ts'
import { mergeLexical } from './lexical-merge.ts'
import { LexicalPart, type Part, type SegmentRecord, VectorPart } from './parts.ts'
import { checkRecall } from './recall.ts'
import { segmentRows } from './segment-rows.ts'
import type { Slices } from './slices.ts'
import type { PlanChange, TenantIndex } from './tenant-index.ts'
import { mergeVectors } from './vector-segment.ts'
import type { View } from './view.ts'

/** So many segments of about a size become one, which is about of the next size. */
const factor = 8
/** Below so many chunks each size begins anew; what is larger than the last stays as it is. */
const sizes = [512, 4_096, 32_768] as const
/** Each input takes a write of the commit, and a look at each of its terms. */
const mostInputs = 16
const atATime = 80
/** Recall is measured anew when an index has grown, or shrunk, by this. */
const growth = 1.3
/** A segment of which so much was removed is made anew: so each removed chunk costs four others a move, at most. */
const wornShare = 0.2
/** One of so few chunks is made anew for any: that takes less than the write. */
const fewRows = 4_096

export interface MaintainOptions {
  readonly exactBelow: number
  /** What was removed so long ago is taken out of segments of any size, milliseconds. */
  readonly removalTime: number
}

type RemovalRecord = StoredRecord<RemovalFields, Record<never, never>>

/** Tidies one thing: takes away what no list names, merges, or measures recall. @returns false when the index is in order. */
export async function maintainOnce(
  index: TenantIndex,
  { exactBelow, removalTime }: MaintainOptions,
  slices: Slices,
): Promise<boolean> {
  if (await index.objects.removeUnlisted()) return true
  if (await unlistDropped(index)) return true
  const view = await index.view()
  const parts = [...view.lexical, ...view.vectors]
  const alike = tooMany(parts)
  if (alike) {
    await mergeParts(index, view, alike, slices)
    return true
  }
  // Before what was removed since: while documents are replaced all the time there is always some, and the list would only grow.
  if (await forgetRemovals(index, view, slices)) return true
  const worn = parts.find((part) => isWorn(part, index.clock.now() - removalTime))
  if (worn) {
    await mergeParts(index, view, [worn], slices)
    return true
  }
  return measureRecall(index, view, exactBelow, slices)
}

/** Segments of spaces that were dropped. */
async function unlistDropped(index: TenantIndex): Promise<boolean> {
  const head = await index.head()
  const spaces = new Set([0, ...(head?.fields.spaces ?? []).map(({ generation }) => generation)])
  const dropped: SegmentRecord[] = []
  for await (const record of index.state.read(searchSegments, wholeIndex)) {
    if (dropped.length < mostInputs && !spaces.has(record.fields.generation)) dropped.push(record)
  }
  if (dropped.length === 0) return false
  await index.change(async (next) => {
    const there = await stillListed(index, dropped)
    return there.length === 0 ? undefined : { head: { ...next, flips: next.flips + 1 }, writes: unlist(there, next) }
  })
  return true
}

/** The smallest of a size that has too many. Only what is of one kind is merged: words, or vectors of one space. */
function tooMany(parts: readonly Part[]): Part[] | undefined {
  for (const group of Map.groupBy(parts, ({ record }) => record.fields.generation).values()) {
    for (const [size, end] of sizes.entries()) {
      const begin = sizes[size - 1] ?? 0
      const alike = group.filter(({ liveRows }) => liveRows >= begin && liveRows < end)
      if (alike.length >= factor) return fitting(alike)
    }
  }
  return undefined
}

/** Whether too much of it was removed, or too long ago. */
function isWorn({ documents: { rows }, liveRows, removed, removedAt }: Part, removedUntil: number): boolean {
  return removed !== undefined && (rows <= fewRows || rows - liveRows >= rows * wornShare || removedAt <= removedUntil)
}

function fitting(parts: readonly Part[]): Part[] {
  const chosen: Part[] = []
  let rows = 0
  for (const part of [...parts].sort((left, right) => left.liveRows - right.liveRows)) {
    if (chosen.length === mostInputs || rows + part.liveRows > segmentRows) break
    chosen.push(part)
    rows += part.liveRows
  }
  return chosen
}

async function mergeParts(index: TenantIndex, view: View, parts: readonly Part[], slices: Slices): Promise<void> {
  // Up to here removals are marked in the parts; later ones go on applying to what is made of them.
  const since = view.head?.fields.sequence ?? 0
  const built = await merged(parts, slices)
  const written = built && (await index.objects.write([built], slices))
  const records = parts.map(({ record }) => record)
  const plan: PlanChange = async (next) => {
    if ((await stillListed(index, records)).length < records.length) return undefined
    const generation = records[0]?.fields.generation ?? 0
    const list = written ? listSegments(written, { generation, sequence: next.sequence, since }) : []
    return { head: { ...next, flips: next.flips + 1 }, writes: [...unlist(records, next), ...list] }
  }
  if (written) await settle(index, written, plan)
  else await index.change(plan)
}

function merged(parts: readonly Part[], slices: Slices): Promise<Built | undefined> {
  const lexical = parts.filter((part) => part instanceof LexicalPart)
  if (lexical.length > 0) return mergeLexical(lexical, slices)
  return mergeVectors(
    parts.filter((part) => part instanceof VectorPart),
    slices,
  )
}

/** Those that nobody took off the list meanwhile. */
async function stillListed(index: TenantIndex, records: readonly SegmentRecord[]): Promise<SegmentRecord[]> {
  const there = await Promise.all(
    records.map((record) => index.state.get(searchSegments, { partition: record.partition, sort: record.sort })),
  )
  return there.filter((record) => record !== undefined)
}

/** Takes segments off the list; their objects are removed next. */
function unlist(records: readonly SegmentRecord[], { sequence }: HeadFields): RecordWrite[] {
  const objects = records.map(({ fields: { id, pieces } }) => ({ id, pieces }))
  const place = { partition: wholeIndex, sort: `off-${sequenceKey(sequence)}` }
  return [...records.map((record) => remove(searchSegments, record)), insert(searchUnlisted, place, { objects, removable: 0 })]
}

/**
 * Forgets removals that no segment holds anything of. That stays so: what is put later isn't touched by them, and a merge that runs now
 * and began before them has inputs that would be here.
 */
async function forgetRemovals(index: TenantIndex, view: View, slices: Slices): Promise<boolean> {
  const until = view.head?.fields.sequence ?? 0
  const parts = [...view.lexical, ...view.vectors]
  const forgotten: RemovalRecord[] = []
  for await (const record of index.state.read(searchRemovals, wholeIndex)) {
    const { sequence, versions } = record.fields
    if (sequence > until) break
    const pause = slices.step(versions.length * parts.length * 2_000)
    if (pause) await pause
    const names = versions.map(([document, version]) => nameBytes({ document, version }))
    if (!names.some((name) => parts.some((part) => part.holds(name, sequence)))) forgotten.push(record)
  }
  for (let first = 0; first < forgotten.length; first += atATime) await forget(index, forgotten.slice(first, first + atATime))
  return forgotten.length > 0
}

/** Those that nobody else forgot meanwhile. */
async function forget(index: TenantIndex, records: readonly RemovalRecord[]): Promise<void> {
  await retryConflicts(async () => {
    const there = await Promise.all(records.map(({ partition, sort }) => index.state.get(searchRemovals, { partition, sort })))
    const writes = there.flatMap((record) => (record ? [remove(searchRemovals, record)] : []))
    if (writes.length > 0) await index.state.commit({ writes })
  })
}

async function measureRecall(index: TenantIndex, view: View, exactBelow: number, slices: Slices): Promise<boolean> {
  for (const space of view.head?.fields.spaces ?? []) {
    if (!isDue(space, exactBelow)) continue
    const { factor: measured, recall } = await checkRecall(view.vectorsOf(space.generation), index.clock, slices)
    await index.change(async (next) => {
      const spaces = next.spaces.map((each) =>
        each.generation === space.generation ? { ...each, factor: measured, recall, checked: space.chunks } : each,
      )
      return { head: { ...next, spaces }, writes: [] }
    })
    return true
  }
  return false
}

function isDue({ chunks, checked }: SpaceFields, exactBelow: number): boolean {
  return chunks >= exactBelow && (chunks > checked * growth || chunks * growth < checked)
}
