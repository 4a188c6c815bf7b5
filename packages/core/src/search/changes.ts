import { InvalidInputError } from '../errors.ts'
import {
  type DocumentVectors,
  type DocumentVersion,
  type IndexedDocument,
  searchLimits,
  type VectorSpace,
} from '../ports/search-index.ts'
import type { StoredRecord } from '../scope/record.ts'
import { insert, type RecordWrite, remove, update } from '../scope/state.ts'
import {
  type HeadFields,
  type SpaceFields,
  searchRemovals,
  searchSegments,
  searchUnlisted,
  searchVersions,
  type VersionFields,
} from './collections.ts'
import { type HeadRecord, sequenceKey, wholeIndex } from './head.ts'
import { buildLexical } from './lexical-builder.ts'
import type { Written } from './segment-objects.ts'
import { Slices } from './slices.ts'
import type { TenantIndex } from './tenant-index.ts'
import { buildVectors } from './vector-segment.ts'

/** With the factor recall is above .99 for the embedders measured; where it isn't, maintain raises it. */
const firstFactor = 20

/** Puts what isn't there yet. */
export async function putDocuments(index: TenantIndex, documents: readonly IndexedDocument[]): Promise<void> {
  for (;;) {
    const wanted = await absent(index, unique(documents))
    if (wanted.length === 0) return
    const slices = new Slices()
    const written = await index.objects.write(await buildLexical(wanted, slices), slices)
    let attempt = 0
    const changed = await settle(index, written, async (next) => {
      // The first time the commit itself finds out whether somebody else put one.
      if (attempt++ > 0 && (await absent(index, wanted)).length < wanted.length) return undefined
      const versions = wanted.map((document) =>
        insert(searchVersions, placeOf(document), { chunks: document.chunks.length, spaces: [] }),
      )
      const head = {
        ...next,
        documents: next.documents + wanted.length,
        chunks: next.chunks + wanted.reduce((sum, { chunks }) => sum + chunks.length, 0),
      }
      return { head, writes: [...versions, ...listSegments(written, { generation: 0, sequence: next.sequence })] }
    })
    if (changed) return
  }
}

/** Puts vectors of versions that are there and have none in this space. */
export async function putVectors(index: TenantIndex, space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void> {
  const all = unique(documents)
  for (;;) {
    const head = await index.head()
    const known = head?.fields.spaces.find(({ name }) => name === space.name)
    checkSpace(space, known, head?.fields.spaces.length ?? 0)
    const wanted = (await versionsOf(index, all)).filter(({ record }) => lacks(record, known?.generation))
    if (wanted.length === 0) return
    for (const { version, record } of wanted) {
      if (record?.fields.chunks === version.vectors.length) continue
      throw new InvalidInputError('A version has one vector for each of its chunks.', { field: 'vectors' })
    }
    const slices = new Slices()
    const vectors = wanted.map(({ version }) => version)
    const written = await index.objects.write(await buildVectors(vectors, space, slices), slices)
    const changed = await settle(index, written, (next, current) =>
      listVectors(index, { space, known, vectors, written }, next, current),
    )
    if (changed) return
  }
}

/** Removes what is there. */
export async function removeDocuments(index: TenantIndex, versions: readonly DocumentVersion[]): Promise<void> {
  const all = unique(versions)
  await index.change(async (next) => {
    const there = (await versionsOf(index, all)).flatMap(({ version, record }) => (record ? [{ version, record }] : []))
    if (there.length === 0) return undefined
    const removal = {
      sequence: next.sequence,
      versions: there.map(({ version }) => [version.document, version.version] as const),
    }
    const sum = (records: typeof there): number => records.reduce((total, { record }) => total + record.fields.chunks, 0)
    const spaces = next.spaces.map((space) => ({
      ...space,
      chunks: space.chunks - sum(there.filter(({ record }) => record.fields.spaces.includes(space.generation))),
    }))
    return {
      head: { ...next, documents: next.documents - there.length, chunks: next.chunks - sum(there), spaces },
      writes: [
        ...there.map(({ record }) => remove(searchVersions, record)),
        insert(searchRemovals, { partition: wholeIndex, sort: sequenceKey(next.sequence) }, removal),
      ],
    }
  })
}

/** Takes a space out of the head, and with it all of its segments; maintain removes them. */
export async function dropSpace(index: TenantIndex, name: string): Promise<void> {
  await index.change(async (next) => {
    const spaces = next.spaces.filter((space) => space.name !== name)
    return spaces.length === next.spaces.length ? undefined : { head: { ...next, spaces }, writes: [] }
  })
}

/** Writes that put segments on the list in the place of what was said to be written. */
export function listSegments(
  { unlisted, segments }: Written,
  { generation, sequence, since = sequence }: { readonly generation: number; readonly sequence: number; readonly since?: number },
): RecordWrite[] {
  const inserts = segments.map(({ id, pieces, rows, packed }, position) =>
    insert(
      searchSegments,
      { partition: wholeIndex, sort: `${sequenceKey(sequence)}-${sequenceKey(position)}` },
      { id, generation, chunks: rows, bytes: packed.byteLength, pieces, since },
    ),
  )
  return [...inserts, remove(searchUnlisted, unlisted)]
}

interface VectorsToList {
  readonly space: VectorSpace
  /** The space as the vectors were made for it; absent for a new one. */
  readonly known: SpaceFields | undefined
  readonly vectors: readonly DocumentVectors[]
  readonly written: Written
}

async function listVectors(
  index: TenantIndex,
  { space, known, vectors, written }: VectorsToList,
  next: HeadFields,
  current: HeadRecord | undefined,
): ReturnType<Parameters<TenantIndex['change']>[0]> {
  const now = current?.fields.spaces.find(({ name }) => name === space.name)
  if (now?.generation !== known?.generation) return undefined
  const records = await versionsOf(index, vectors)
  if (!records.every(({ record }) => lacks(record, known?.generation))) return undefined
  const made: SpaceFields = known
    ? (now ?? known)
    : { ...space, generation: next.next_generation, chunks: 0, factor: firstFactor, recall: null, checked: 0 }
  const { generation } = made
  const chunks = made.chunks + vectors.reduce((sum, version) => sum + version.vectors.length, 0)
  const versions = records.flatMap(({ record }) =>
    record ? [update(searchVersions, record, { ...record.fields, spaces: [...record.fields.spaces, generation] })] : [],
  )
  return {
    head: {
      ...next,
      next_generation: Math.max(next.next_generation, generation + 1),
      spaces: [...next.spaces.filter(({ name }) => name !== space.name), { ...made, chunks }],
    },
    writes: [...versions, ...listSegments(written, { generation, sequence: next.sequence })],
  }
}

/** Changes the index by what was written, or gives it up. After an answer that was lost nobody knows: then it stays. */
async function settle(index: TenantIndex, written: Written, plan: Parameters<TenantIndex['change']>[0]): Promise<boolean> {
  const head = await index.change(plan)
  if (head) index.keep(written)
  else await index.objects.discard(written)
  return head !== undefined
}

type VersionRecord = StoredRecord<VersionFields, Record<never, never>>

function lacks(record: VersionRecord | undefined, generation: number | undefined): boolean {
  return record !== undefined && (generation === undefined || !record.fields.spaces.includes(generation))
}

function checkSpace(space: VectorSpace, known: SpaceFields | undefined, spaces: number): void {
  if (known && known.dimensions !== space.dimensions)
    throw new InvalidInputError(`This space has ${known.dimensions} dimensions.`, { field: 'space' })
  if (!known && spaces >= searchLimits.spaces)
    throw new InvalidInputError(`An index has at most ${searchLimits.spaces} spaces.`, { field: 'space' })
}

async function absent(index: TenantIndex, documents: readonly IndexedDocument[]): Promise<IndexedDocument[]> {
  return (await versionsOf(index, documents)).flatMap(({ version, record }) => (record ? [] : [version]))
}

function versionsOf<Version extends DocumentVersion>(
  index: TenantIndex,
  versions: readonly Version[],
): Promise<{ readonly version: Version; readonly record: VersionRecord | undefined }[]> {
  return Promise.all(
    versions.map(async (version) => ({ version, record: await index.state.get(searchVersions, placeOf(version)) })),
  )
}

function placeOf({ document, version }: DocumentVersion): { readonly partition: string; readonly sort: string } {
  return { partition: document, sort: version }
}

/** The first of each version. */
function unique<Version extends DocumentVersion>(versions: readonly Version[]): Version[] {
  const first = new Map<string, Version>()
  for (const version of versions) {
    const name = `${version.document}/${version.version}`
    if (!first.has(name)) first.set(name, version)
  }
  return [...first.values()]
}
