import type { QueryOutputVector, S3VectorsClient } from '@aws-sdk/client-s3vectors'
import {
  type Candidate,
  type Clock,
  checkDocuments,
  checkPart,
  checkSearch,
  checkSpaceName,
  checkVectors,
  checkVersions,
  type DocumentVectors,
  type DocumentVersion,
  type Found,
  type IndexedDocument,
  type IndexStatus,
  InvalidInputError,
  type SearchIndex,
  type SearchQuery,
  type State,
  searchLimits,
  UnavailableError,
  uuid,
  type VectorSpace,
} from '@plinth/core'
import { type KeyedVector, mostNearest, VectorCalls, vectorKey } from './s3vectors-calls.ts'
import { type PutVersion, type SpaceRecord, VectorManifest, type VersionRecord } from './s3vectors-manifest.ts'
import { filterable, mostLeftOut, vectorFilters } from './s3vectors-metadata.ts'
import { byRank, isFirst } from './search-order.ts'
import { hiddenName, passes } from './search-tokens.ts'

export interface S3VectorsSearchIndexOptions {
  readonly client: S3VectorsClient
  /** The name of the vector bucket. Its indexes should filter first (`ENHANCED`, what buckets made since 30 September 2026 do). */
  readonly bucket: string
  readonly clock: Clock
  /** A tenant's records: which versions are there. */
  readonly state: (tenant: string) => State
}

type PutCandidate = Candidate & PutVersion
type Query = SearchQuery & { readonly vector: NonNullable<SearchQuery['vector']> }

const atOnce = 8
const leavingAtOnce = 50
/** Each look meets some puts that may not be found, and the next does without them. */
const mostLooks = 5
/** What a key and the metadata of a vector take, roughly. */
const otherBytes = 250

/**
 * Vectors in Amazon S3 Vectors, for tenants whose vectors are too many for memory: an index of its own for each tenant and space, named
 * by a hash. It finds by vectors only.
 *
 * S3 Vectors knows single vectors. Which versions are there, and whether all their vectors are, is what the tenant's records say: a search
 * leaves out what they don't, so that it sees each put and remove whole, and asks them again whether the reader may see what was found.
 * Where that leaves too few, it looks again without them.
 *
 * What the port promises and this can't keep: more than 100 candidates, and exact neighbours (S3 Vectors promises no recall).
 */
export class S3VectorsSearchIndex implements SearchIndex {
  readonly capabilities: SearchIndex['capabilities'] = { lexical: false, exactBelow: 0 }
  readonly #calls: VectorCalls
  readonly #clock: Clock
  readonly #state: (tenant: string) => State

  constructor(options: S3VectorsSearchIndexOptions) {
    this.#calls = new VectorCalls(options.client, options.bucket)
    this.#clock = options.clock
    this.#state = options.state
  }

  /** Keeps what the vectors will need; a version is found when its vectors are put. */
  async put(tenant: string, documents: readonly IndexedDocument[]): Promise<void> {
    checkDocuments(documents)
    const manifest = this.#manifest(tenant)
    await inGroups(documents, async (document) => {
      const record = await manifest.version(document)
      if (record?.fields.state === 'there') return
      if (record?.fields.state === 'leaving') await this.#clear(tenant, manifest, record)
      await manifest.insert(document, uuid(this.#clock))
    })
  }

  async putVectors(tenant: string, space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void> {
    checkVectors(space, documents)
    const manifest = this.#manifest(tenant)
    const there: (DocumentVectors & { readonly record: VersionRecord })[] = []
    await inGroups(documents.filter(isFirst), async (document) => {
      const record = await manifest.version(document)
      if (record?.fields.state === 'there') there.push({ ...document, record })
    })
    if (there.length === 0) return
    for (const document of there) checkPart(document, document.record.fields.chunks)
    const { generation } = await this.#ensureSpace(tenant, manifest, space)
    const index = indexName(tenant, generation)
    let batch: KeyedVector[] = []
    const flush = async (): Promise<void> => {
      if (batch.length > 0) await this.#calls.put(index, batch)
      batch = []
    }
    const sent: (PutVersion & { readonly chunks: number; readonly last: boolean })[] = []
    const most = this.#calls.atOnce(space.dimensions)
    for (const { record, ...document } of there) {
      if (record.fields.complete.includes(generation)) continue
      const { put, chunks } = record.fields
      const version = { document: document.document, version: document.version, put }
      const [tokens, offsets] = await Promise.all([manifest.facts(record).then(filterable), manifest.offsets(put)])
      if (!(await manifest.begin(version, generation))) continue
      const { first = 0, vectors } = document
      for (const [place, values] of vectors.entries()) {
        const ordinal = first + place
        const chunk = { start: offsets.starts[ordinal] ?? 0, end: offsets.ends[ordinal] ?? 0 }
        batch.push({ key: vectorKey(version, ordinal), values, metadata: { ...tokens, put, ...chunk } })
        if (batch.length === most) await flush()
      }
      sent.push({ ...version, chunks, last: first + vectors.length === chunks })
    }
    await flush()
    await inGroups(sent, async (version) => {
      if (version.last ? await manifest.complete(version, generation) : await manifest.begin(version, generation)) return
      // Removed meanwhile: the removal may have looked before the last of these came.
      await this.#calls.remove(index, version, version.chunks)
    })
  }

  async remove(tenant: string, versions: readonly DocumentVersion[]): Promise<void> {
    checkVersions(versions)
    const manifest = this.#manifest(tenant)
    await inGroups(versions, (version) => manifest.leave(version))
    await inGroups(versions, async (version) => {
      const record = await manifest.version(version)
      if (record?.fields.state === 'leaving') await this.#clear(tenant, manifest, record)
    })
  }

  async dropSpace(tenant: string, space: string): Promise<void> {
    checkSpaceName(space)
    const manifest = this.#manifest(tenant)
    const record = await manifest.space(space)
    if (!record) return
    if (record.fields.state === 'there') await manifest.leaveSpace(record)
    await this.#clearSpace(tenant, manifest, record)
  }

  /** Removes all vectors of a tenant, which destroying its keys doesn't reach: they lie in clear. Its records are left. */
  async forget(tenant: string): Promise<void> {
    for (const { sort } of await this.#manifest(tenant).spaces()) await this.dropSpace(tenant, sort)
  }

  async search(tenant: string, query: SearchQuery): Promise<Found> {
    checkSearch(query)
    const manifest = this.#manifest(tenant)
    // Before the look, so that a change during it makes another mark.
    const mark = await this.mark(tenant)
    const { vector } = query
    const dense = vector ? await this.#nearest(tenant, manifest, { ...query, vector }) : []
    return { lexical: [], dense, lexicalBound: 0, mark }
  }

  async mark(tenant: string): Promise<string> {
    const { changes = 0 } = await this.#manifest(tenant).counts()
    return String(changes)
  }

  async status(tenant: string): Promise<IndexStatus> {
    const manifest = this.#manifest(tenant)
    const [{ documents = 0, chunks = 0 }, records] = await Promise.all([manifest.counts(), manifest.spaces()])
    const there = records.filter(({ fields }) => fields.state === 'there')
    const spaces = await Promise.all(
      there.map(async ({ sort, fields: { dimensions, generation } }) => {
        const { chunks: vectors = 0 } = await manifest.counts(generation)
        return { name: sort, dimensions, chunks: vectors }
      }),
    )
    const bytes = spaces.reduce((sum, space) => sum + space.chunks * (space.dimensions * 4 + otherBytes), 0)
    return { documents, chunks, bytes, segments: spaces.length, spaces }
  }

  /** Ends removals that were cut off. */
  async maintain(tenant: string, options: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    const manifest = this.#manifest(tenant)
    for (const record of await manifest.spaces()) {
      if (options.signal?.aborted) return true
      if (record.fields.state === 'leaving') await this.#clearSpace(tenant, manifest, record)
    }
    const leaving = await manifest.leaving(leavingAtOnce)
    await inGroups(leaving, async (listed) => {
      if (options.signal?.aborted) return
      const version = { document: listed.partition, version: listed.sort }
      const record = await manifest.version(version)
      if (record?.fields.state === 'leaving') await this.#clear(tenant, manifest, record)
    })
    return options.signal?.aborted === true || leaving.length === leavingAtOnce
  }

  #manifest(tenant: string): VectorManifest {
    return new VectorManifest(this.#state(tenant))
  }

  async #ensureSpace(
    tenant: string,
    manifest: VectorManifest,
    { name, dimensions }: VectorSpace,
  ): Promise<SpaceRecord['fields']> {
    let record = await manifest.space(name)
    if (record?.fields.state === 'leaving') {
      await this.#clearSpace(tenant, manifest, record)
      record = undefined
    }
    if (!record) {
      const others = await manifest.spaces()
      if (others.length >= searchLimits.spaces)
        throw new InvalidInputError(`An index has at most ${searchLimits.spaces} spaces.`, { field: 'space' })
      const made = { generation: uuid(this.#clock), dimensions, state: 'there' } as const
      // Before the record: where one is, a search may ask the index.
      await this.#calls.createIndex(indexName(tenant, made.generation), dimensions)
      record = await manifest.insertSpace(name, made)
      if (record?.fields.generation !== made.generation) await this.#calls.deleteIndex(indexName(tenant, made.generation))
    }
    if (record?.fields.state !== 'there')
      throw new UnavailableError('space_leaving', 'The space is being dropped; try again in a moment.')
    if (record.fields.dimensions !== dimensions)
      throw new InvalidInputError(`The space has vectors of ${record.fields.dimensions} dimensions.`, { field: 'space' })
    return record.fields
  }

  /** Deletes what a version that leaves has in any space, then the last that is known of it. */
  async #clear(tenant: string, manifest: VectorManifest, record: VersionRecord): Promise<void> {
    const { put, begun, chunks } = record.fields
    const version = { document: record.partition, version: record.sort, put }
    for (const generation of begun) await this.#calls.remove(indexName(tenant, generation), version, chunks)
    await manifest.forget(record)
  }

  async #clearSpace(tenant: string, manifest: VectorManifest, { sort, fields: { generation } }: SpaceRecord): Promise<void> {
    await this.#calls.deleteIndex(indexName(tenant, generation))
    await manifest.forgetSpace(sort, generation)
  }

  async #nearest(tenant: string, manifest: VectorManifest, query: Query): Promise<readonly Candidate[]> {
    const space = await manifest.space(query.vector.space)
    if (space?.fields.state !== 'there') return []
    const { generation, dimensions } = space.fields
    if (query.vector.values.length !== dimensions)
      throw new InvalidInputError(`The space has vectors of ${dimensions} dimensions.`, { field: 'vector' })
    let limit = Math.min(query.limit, mostNearest)
    const leftOut = new Map<string, number>()
    for (let look = 1; ; look++) {
      const found = await this.#ask(indexName(tenant, generation), query, limit, mostOften(leftOut))
      const there = await this.#pass(manifest, generation, query, found)
      const candidates = found.filter(({ put }) => there.has(put)).slice(0, query.limit)
      if (candidates.length === query.limit || found.length < limit || look === mostLooks) {
        return candidates.map(({ put: _, ...candidate }) => candidate)
      }
      // What may not be found took the place of others.
      for (const { put } of found) if (!there.has(put)) leftOut.set(put, (leftOut.get(put) ?? 0) + 1)
      limit = mostNearest
    }
  }

  async #ask(
    index: string,
    { vector, ...query }: Query,
    limit: number,
    without: readonly string[],
  ): Promise<readonly PutCandidate[]> {
    const answers = await Promise.all(
      vectorFilters(query, without).map((filter) => this.#calls.nearest(index, { values: vector.values, filter, limit })),
    )
    const candidates = new Map(
      answers
        .flat()
        .flatMap((found) => candidateOf(found) ?? [])
        .map((one) => [keyOf(one), one]),
    )
    return [...candidates.values()].sort(byRank).slice(0, limit)
  }

  /** The puts among some candidates' that are there, whole, and for this reader. */
  async #pass(
    manifest: VectorManifest,
    generation: string,
    query: SearchQuery,
    candidates: readonly PutCandidate[],
  ): Promise<ReadonlySet<string>> {
    const puts = new Map(candidates.map(({ put, document, version }) => [put, { document, version }]))
    const there = new Set<string>()
    await inGroups([...puts], async ([put, version]) => {
      const record = await manifest.version(version)
      if (record?.fields.put !== put || record.fields.state !== 'there') return
      if (record.fields.complete.includes(generation) && passes(await manifest.facts(record), query)) there.add(put)
    })
    return there
  }
}

function indexName(tenant: string, generation: string): string {
  return `plinth-${hiddenName(tenant, generation)}`
}

/** @returns undefined for a vector that isn't ours. */
function candidateOf({ key = '', distance = 1, metadata }: QueryOutputVector): PutCandidate | undefined {
  const [document, version, ordinal, put] = key.split('/')
  const { start, end } = (metadata ?? {}) as { readonly start?: unknown; readonly end?: unknown }
  if (!document || !version || ordinal === undefined || !put) return undefined
  if (typeof start !== 'number' || typeof end !== 'number') return undefined
  return { document, version, ordinal: Number(ordinal), start, end, score: 1 - distance, put }
}

function keyOf(candidate: PutCandidate): string {
  return vectorKey(candidate, candidate.ordinal)
}

/** The puts that took most places. */
function mostOften(leftOut: ReadonlyMap<string, number>): string[] {
  const puts = [...leftOut].sort(([, left], [, right]) => right - left)
  return puts.slice(0, mostLeftOut).map(([put]) => put)
}

async function inGroups<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += atOnce) {
    await Promise.all(items.slice(start, start + atOnce).map(work))
  }
}
