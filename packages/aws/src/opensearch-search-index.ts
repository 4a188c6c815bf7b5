import {
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
  type JsonObject,
  type SearchIndex,
  type SearchQuery,
  searchLimits,
  uuid,
  type VectorSpace,
} from '@plinth/core'
import {
  analysis,
  chunkDocuments,
  indexName,
  keyOf,
  type LiveVersion,
  mapping,
  spaceDocument,
  unit,
  vectorField,
  vectorMapping,
  versionDocument,
} from './opensearch-documents.ts'
import { OpenSearchHttp, type OpenSearchHttpOptions } from './opensearch-http.ts'
import { type Answer, OpenSearchLooks, spaceKey } from './opensearch-looks.ts'
import { statusSearches } from './opensearch-query.ts'
import { type BulkAction, chunkId, OpenSearchWrites } from './opensearch-writes.ts'
import { isFirst } from './search-order.ts'

/**
 * Words and vectors in Amazon OpenSearch Service (k-NN, Faiss), or in a vector collection of OpenSearch Serverless: an index a tenant,
 * named by a hash. Text lies there in clear, under the domain's own encryption; what a document's attributes, users and groups are called
 * does not.
 *
 * OpenSearch knows single documents. So a version has a document of its own that comes after its chunks and goes before them, and a search
 * leaves out chunks without it: that is how puts and removes are seen whole.
 *
 * What the port promises and this can't keep: exact neighbours, the bound of BM25 (none is told), and that scores of words stay the same
 * while Lucene merges away what was removed.
 */
export class OpenSearchSearchIndex implements SearchIndex {
  readonly capabilities: SearchIndex['capabilities'] = { lexical: true, exactBelow: 0 }
  readonly #http: OpenSearchHttp
  readonly #writes: OpenSearchWrites
  readonly #looks: OpenSearchLooks
  readonly #clock: Clock

  constructor(options: OpenSearchHttpOptions) {
    this.#http = new OpenSearchHttp(options)
    this.#writes = new OpenSearchWrites(this.#http, options.service, options.clock)
    this.#looks = new OpenSearchLooks(this.#http)
    this.#clock = options.clock
  }

  async put(tenant: string, documents: readonly IndexedDocument[]): Promise<void> {
    checkDocuments(documents)
    if (documents.length === 0) return
    const index = indexName(tenant)
    const alive = await this.#looks.alive(index, documents.map(keyOf))
    if (!alive) await this.#writes.createIndex(index, { mappings: mapping, analysis })
    const absent = documents.filter(isFirst).filter((document) => !alive?.versions.has(keyOf(document)))
    if (absent.length === 0) return
    const puts = absent.map((document) => ({ document, put: uuid(this.#clock) }))
    const query = ofPuts(puts.map(({ put }) => put))
    const count = absent.reduce((sum, { chunks }) => sum + chunks.length, 0)
    await this.#writes.bulk(index, chunkActions(puts), { query: ofKind('chunk', query), count })
    const versions = puts.map(({ document, put }): BulkAction => {
      const created = versionDocument(document, put, document.chunks.length, this.#mark())
      return { create: created, id: `version-${keyOf(document)}` }
    })
    await this.#writes.bulk(index, versions, { query: ofKind('version', ofKeys(absent)), count: versions.length })
    // Of two puts of a version at once one wins.
    await this.#forgetOthers(
      index,
      puts.map(({ document, put }) => ({ key: keyOf(document), put })),
    )
  }

  async putVectors(tenant: string, space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void> {
    checkVectors(space, documents)
    const index = indexName(tenant)
    const alive = await this.#looks.alive(index, documents.map(keyOf))
    const there = documents.filter(isFirst).flatMap((document) => {
      const version = alive?.versions.get(keyOf(document))
      return version ? [{ version, document }] : []
    })
    if (there.length === 0) return
    for (const { version, document } of there) checkPart(document, version.chunks)
    await this.#ensureSpace(tenant, space)
    const lacking = there
      .filter(({ version }) => !alive?.spaces.has(spaceKey(version.put, space.name)))
      .map(({ version, document: { first = 0, vectors } }) => ({ version, first, vectors }))
    if (lacking.length === 0) return
    const field = vectorField(space)
    const ids = new Map<string, readonly string[]>()
    for (const { version } of lacking) ids.set(version.put, await this.#writes.chunkIds(index, version.put, version.chunks))
    const puts = ofPuts(lacking.map(({ version }) => version.put))
    const count = lacking.reduce((sum, { first, vectors }) => sum + first + vectors.length, 0)
    const written = { query: { bool: { filter: [puts, { exists: { field } }] } }, count }
    await this.#writes.bulk(index, vectorActions(lacking, field, ids), written)
    const whole = lacking.filter(({ version, first, vectors }) => first + vectors.length === version.chunks)
    const spaces = whole.map(({ version }): BulkAction => {
      return { index: spaceDocument(version, space, this.#mark()), id: `space-${field}-${version.put}` }
    })
    const wholePuts = ofPuts(whole.map(({ version }) => version.put))
    const query = { bool: { filter: [wholePuts, { term: { kind: 'space' } }, { term: { space: space.name } }] } }
    await this.#writes.bulk(index, spaces, { query, count: spaces.length })
    await this.#forgetOthers(
      index,
      lacking.map(({ version }) => version),
    )
  }

  async remove(tenant: string, versions: readonly DocumentVersion[]): Promise<void> {
    checkVersions(versions)
    const index = indexName(tenant)
    if (versions.length === 0) return
    const keys = ofKeys(versions)
    // From here on no chunk of theirs is found.
    await this.#writes.deleteWhere(index, ofKind('version', keys))
    await this.#writes.deleteWhere(index, keys)
  }

  async dropSpace(tenant: string, space: string): Promise<void> {
    checkSpaceName(space)
    const index = indexName(tenant)
    const known = (await this.status(tenant)).spaces.find(({ name }) => name === space)
    if (!known) return
    // What says that vectors are there goes last: until then it can be called again.
    await this.#writes.clearField(index, vectorField(known))
    await this.#writes.deleteWhere(index, ofKind('space', { term: { space } }))
  }

  /** Removes all that a tenant has here, which destroying its keys doesn't reach: text lies in clear. */
  async forget(tenant: string): Promise<void> {
    await this.#http.send({ method: 'DELETE', path: `/${indexName(tenant)}`, expected: [404] })
  }

  async search(tenant: string, query: SearchQuery): Promise<Found> {
    checkSearch(query)
    return this.#looks.find(indexName(tenant), query)
  }

  async status(tenant: string): Promise<IndexStatus> {
    const index = indexName(tenant)
    const [answers, { body: stats }] = await Promise.all([
      this.#looks.searches(index, statusSearches),
      this.#http.send({ method: 'GET', path: `/${index}/_stats`, expected: [400, 403, 404] }),
    ])
    const [versions, spaces] = answers ?? []
    const { store, segments } = stats?._all?.primaries ?? {}
    return {
      documents: Number(versions?.hits?.total?.value ?? 0),
      chunks: Number(versions?.aggregations?.chunks?.value ?? 0),
      // Serverless tells neither.
      bytes: Number(store?.size_in_bytes ?? 0),
      segments: Number(segments?.count ?? 0),
      spaces: (spaces?.aggregations?.spaces?.buckets ?? []).map((bucket: Answer) => ({
        name: String(bucket.key),
        dimensions: Number(bucket.dimensions?.value ?? 0),
        chunks: Number(bucket.chunks?.value ?? 0),
      })),
    }
  }

  /** OpenSearch merges by itself. */
  async maintain(_tenant: string, options: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    return options.signal?.aborted ?? false
  }

  async #ensureSpace(tenant: string, space: VectorSpace): Promise<void> {
    const { spaces } = await this.status(tenant)
    const known = spaces.find(({ name }) => name === space.name)
    if (known && known.dimensions !== space.dimensions)
      throw new InvalidInputError(`The space has vectors of ${known.dimensions} dimensions.`, { field: 'space' })
    if (known) return
    if (spaces.length >= searchLimits.spaces)
      throw new InvalidInputError(`An index has at most ${searchLimits.spaces} spaces.`, { field: 'space' })
    const body = vectorMapping(space)
    await this.#http.send({ method: 'PUT', path: `/${indexName(tenant)}/_mapping`, body })
  }

  /** Takes away what came of versions that were removed meanwhile, or put by somebody else. */
  async #forgetOthers(index: string, versions: readonly Pick<LiveVersion, 'key' | 'put'>[]): Promise<void> {
    const keys = versions.map(({ key }) => key)
    const alive = await this.#looks.alive(index, keys)
    const gone = versions.filter(({ key, put }) => alive?.versions.get(key)?.put !== put).map(({ put }) => put)
    if (gone.length > 0) await this.#writes.deleteWhere(index, ofPuts(gone))
  }

  #mark(): number {
    return Math.floor(this.#clock.random() * 2 ** 31)
  }
}

function* chunkActions(puts: readonly { readonly document: IndexedDocument; readonly put: string }[]): Generator<BulkAction> {
  for (const { document, put } of puts) {
    for (const chunk of chunkDocuments(document, put)) yield { index: chunk, id: chunkId(put, Number(chunk.ordinal)) }
  }
}

function* vectorActions(
  versions: readonly { readonly version: LiveVersion; readonly first: number; readonly vectors: readonly Float32Array[] }[],
  field: string,
  ids: ReadonlyMap<string, readonly string[]>,
): Generator<BulkAction> {
  for (const { version, first, vectors } of versions) {
    for (const [index, vector] of vectors.entries()) {
      const id = ids.get(version.put)?.[first + index]
      if (id !== undefined) yield { update: { [field]: unit(vector) }, id }
    }
  }
}

function ofPuts(puts: readonly string[]): JsonObject {
  return { terms: { put: [...puts] } }
}

function ofKeys(versions: readonly DocumentVersion[]): JsonObject {
  return { terms: { key: versions.map(keyOf) } }
}

function ofKind(kind: string, query: JsonObject): JsonObject {
  return { bool: { filter: [{ term: { kind } }, query] } }
}
