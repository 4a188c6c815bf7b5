import { InvalidInputError } from '../errors.ts'
import {
  checkPart,
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
import type { PlanChange, TenantIndex } from './tenant-index.ts'
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
        insert(searchVersions, placeOf(document), { chunks: document.chunks.length, vectors: [] }),
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

/** Puts vectors of versions that are there and lack them in this space. */
export async function putVectors(index: TenantIndex, space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void> {
  const all = unique(documents)
  for (;;) {
    const head = await index.head()
    const known = head?.fields.spaces.find(({ name }) => name === space.name)
    checkSpace(space, known, head?.fields.spaces.length ?? 0)
    const wanted = (await versionsOf(index, all)).flatMap(({ version, record }) => lacking(version, record, known?.generation))
    if (wanted.length === 0) return
    const slices = new Slices()
    const written = await index.objects.write(await buildVectors(wanted, space, slices), slices)
    const changed = await settle(index, written, (next, current) =>
      listVectors(index, { space, known, vectors: wanted, written }, next, current),
    )
    if (changed) return
  }
}

/** How many of a version's chunks, from the first on, have vectors in a space. */
export async function countVectors(index: TenantIndex, space: string, version: DocumentVersion): Promise<number> {
  const head = await index.head()
  const known = head?.fields.spaces.find(({ name }) => name === space)
  return vectorsIn(await index.state.get(searchVersions, placeOf(version)), known?.generation)
}

/** Removes what is there. */
export async function removeDocuments(index: TenantIndex, versions: readonly DocumentVersion[]): Promise<void> {
  const all = unique(versions)
  await index.change(async (next) => {
    const there = (await versionsOf(index, all)).flatMap(({ version, record }) => (record ? [{ version, record }] : []))
    if (there.length === 0) return undefined
    const removal = {
      sequence: next.sequence,
      removed: index.clock.now(),
      versions: there.map(({ version }) => [version.document, version.version] as const),
    }
    const sum = (of: (record: VersionRecord) => number): number => there.reduce((total, { record }) => total + of(record), 0)
    const spaces = next.spaces.map((space) => ({
      ...space,
      chunks: space.chunks - sum((record) => vectorsIn(record, space.generation)),
    }))
    const chunks = next.chunks - sum(({ fields }) => fields.chunks)
    return {
      head: { ...next, documents: next.documents - there.length, chunks, spaces },
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
  readonly vectors: readonly VectorsPart[]
  readonly written: Written
}

async function listVectors(
  index: TenantIndex,
  { space, known, vectors, written }: VectorsToList,
  next: HeadFields,
  current: HeadRecord | undefined,
): ReturnType<PlanChange> {
  const now = current?.fields.spaces.find(({ name }) => name === space.name)
  if (now?.generation !== known?.generation) return undefined
  const records = await versionsOf(index, vectors)
  // Somebody else put the same ones, or removed the version.
  if (!records.every(({ version, record }) => record && vectorsIn(record, known?.generation) === version.first)) return undefined
  const made: SpaceFields = now ?? {
    ...space,
    generation: next.next_generation,
    chunks: 0,
    factor: firstFactor,
    recall: null,
    checked: 0,
  }
  const { generation } = made
  const chunks = made.chunks + vectors.reduce((sum, version) => sum + version.vectors.length, 0)
  const versions = records.flatMap(({ version, record }) => {
    if (!record) return []
    const others = record.fields.vectors.filter((each) => each.generation !== generation)
    const own = { generation, chunks: version.first + version.vectors.length }
    return [update(searchVersions, record, { ...record.fields, vectors: [...others, own] })]
  })
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
export async function settle(index: TenantIndex, written: Written, plan: PlanChange): Promise<boolean> {
  const head = await index.change(plan)
  if (head) index.keep(written)
  else await index.objects.discard(written)
  return head !== undefined
}

type VersionRecord = StoredRecord<VersionFields, Record<never, never>>

type VectorsPart = DocumentVectors & { readonly first: number }

/** Of what is put of a version what it hasn't got yet. @throws InvalidInputError for what can't be its own. */
function lacking(
  version: DocumentVectors,
  record: VersionRecord | undefined,
  generation: number | undefined,
): readonly VectorsPart[] {
  if (!record) return []
  const { first = 0, vectors } = version
  const there = vectorsIn(record, generation)
  if (there >= record.fields.chunks || first + vectors.length <= there) return []
  checkPart(version, record.fields.chunks)
  if (first > there) throw new InvalidInputError('A part begins where the one before ended.', { field: 'vectors' })
  return [{ ...version, first: there, vectors: vectors.slice(there - first) }]
}

function vectorsIn(record: VersionRecord | undefined, generation: number | undefined): number {
  return record?.fields.vectors.find((each) => each.generation === generation)?.chunks ?? 0
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
