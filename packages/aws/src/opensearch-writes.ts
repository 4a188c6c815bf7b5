import { type Clock, type JsonObject, sleep, UnavailableError } from '@plinth/core'
import { unavailable } from './aws-fault.ts'
import type { OpenSearchHttp, OpenSearchService } from './opensearch-http.ts'

/** One action of a bulk request. `id` counts on a domain; a vector collection of OpenSearch Serverless makes its own. */
export type BulkAction =
  | { readonly index: JsonObject; readonly id: string }
  /** Fine when it is there already. */
  | { readonly create: JsonObject; readonly id: string }
  | { readonly update: JsonObject; readonly id: string }
  | { readonly delete: string }

const bulkBytes = 4 * 1024 ** 2
const bulkActions = 1_000
const pageSize = 1_000
/** What OpenSearch is too busy for, or what others change meanwhile, is tried so often. */
const tries = 5
const firstWait = 500
/** Serverless shows what was written after up to a minute. */
const visibleWithin = 3 * 60_000
const pollEvery = 1_000

/** Writes to one kind of OpenSearch, each resolved when searches see it. */
export class OpenSearchWrites {
  readonly #http: OpenSearchHttp
  readonly #service: OpenSearchService
  readonly #clock: Clock

  constructor(http: OpenSearchHttp, service: OpenSearchService, clock: Clock) {
    this.#http = http
    this.#service = service
    this.#clock = clock
  }

  /** Makes an index that isn't there. */
  async createIndex(
    index: string,
    { mappings, analysis }: { readonly mappings: JsonObject; readonly analysis: JsonObject },
  ): Promise<void> {
    const shards = this.#service === 'es' ? { number_of_shards: 1 } : {}
    const { status, body } = await this.#http.send({
      method: 'PUT',
      path: `/${index}`,
      // On one shard the statistics of words are those of all chunks, and one refresh shows all that was written before it.
      body: { settings: { index: { knn: true, ...shards }, analysis }, mappings },
      expected: [400],
    })
    if (status === 400 && body?.error?.type !== 'resource_already_exists_exception')
      throw unavailable({ name: body?.error?.type }, 'es:ESHttpPut')
    // Serverless says yes before the index is there.
    if (this.#service === 'aoss') await this.#until(async () => (await this.count(index, { match_all: {} })) !== undefined)
  }

  /** How many documents a search sees; undefined where there is no such index. */
  async count(index: string, query: JsonObject): Promise<number | undefined> {
    const body = { size: 0, track_total_hits: true, query }
    const { status, body: found } = await this.#http.send({ method: 'POST', path: `/${index}/_search`, body, expected: [404] })
    return status === 404 ? undefined : Number(found?.hits?.total?.value ?? 0)
  }

  /**
   * Does the actions, in order of their batches. What an update or a delete doesn't find is fine.
   * @param seen what a search finds, and how many, when all is done.
   */
  async bulk(
    index: string,
    actions: Iterable<BulkAction>,
    seen: { readonly query: JsonObject; readonly count: number },
  ): Promise<void> {
    let pending: readonly BulkAction[] = []
    for (const batch of inBatches(actions)) {
      await this.#batch(index, pending, {})
      pending = batch
    }
    // One refresh shows all that went before.
    await this.#batch(index, pending, this.#service === 'es' ? { refresh: 'wait_for' } : {})
    if (this.#service === 'aoss') await this.#until(async () => ((await this.count(index, seen.query)) ?? 0) >= seen.count)
  }

  /** Deletes what a query finds. Resolves when no search finds any of it. */
  async deleteWhere(index: string, query: JsonObject): Promise<void> {
    if (this.#service === 'es') {
      for (let attempt = 1; ; attempt++) {
        const { body } = await this.#http.send({
          method: 'POST',
          path: `/${index}/_delete_by_query`,
          query: { conflicts: 'proceed', refresh: 'true' },
          body: { query },
          expected: [404],
        })
        if (!body?.version_conflicts) return
        if (attempt === tries) throw unavailable({ name: 'VersionConflict' }, 'es:ESHttpPost _delete_by_query')
        await this.#pause(attempt)
      }
    }
    for await (const ids of this.#idsOf(index, query)) {
      await this.#batch(
        index,
        ids.map((id) => ({ delete: id })),
        {},
      )
    }
    await this.#until(async () => ((await this.count(index, query)) ?? 0) === 0)
  }

  /** The ids of a version's chunks, by their ordinals. */
  async chunkIds(index: string, put: string, chunks: number): Promise<string[]> {
    if (this.#service === 'es') return Array.from({ length: chunks }, (_, ordinal) => chunkId(put, ordinal))
    const found: string[] = []
    const query = { bool: { filter: [{ term: { put } }, { term: { kind: 'chunk' } }] } }
    for (let after: number | undefined; ; ) {
      const hits = await this.#page(index, query, [{ ordinal: 'asc' }], after === undefined ? undefined : [after])
      for (const { _id, sort } of hits) found[sort[0]] = _id
      after = hits.at(-1)?.sort[0]
      if (hits.length < pageSize) return found
    }
  }

  /** Sets a field of all that a query finds to null, which takes it out of the index. */
  async clearField(index: string, field: string): Promise<void> {
    const query = { exists: { field } }
    for await (const ids of this.#idsOf(index, query)) {
      const actions = ids.map((id): BulkAction => ({ update: { [field]: null }, id }))
      await this.#batch(index, actions, this.#service === 'es' ? { refresh: 'true' } : {})
    }
    if (this.#service === 'aoss') await this.#until(async () => ((await this.count(index, query)) ?? 0) === 0)
  }

  async #batch(index: string, batch: readonly BulkAction[], query: Readonly<Record<string, string>>): Promise<void> {
    let left = batch
    for (let attempt = 1; left.length > 0; attempt++) {
      const lines = left.flatMap((action) => linesOf(action, this.#service))
      const { body } = await this.#http.send({ method: 'POST', path: `/${index}/_bulk`, query, body: lines })
      const items: { readonly status: number; readonly error?: { readonly type?: string } }[] = (body?.items ?? []).map(
        (item: Record<string, unknown>) => Object.values(item)[0],
      )
      const busy = left.filter((_, at) => items[at]?.status === 429)
      const bad = items.find(({ status }) => status >= 300 && ![404, 409, 429].includes(status))
      if (bad) throw unavailable({ name: bad.error?.type }, 'es:ESHttpPost _bulk')
      left = busy
      if (left.length === 0) return
      if (attempt === tries) throw unavailable({ name: 'TooManyRequests' }, 'es:ESHttpPost _bulk')
      await this.#pause(attempt)
    }
  }

  #pause(attempt: number): Promise<void> {
    return sleep(this.#clock, firstWait * 2 ** attempt * (0.5 + this.#clock.random()))
  }

  async *#idsOf(index: string, query: JsonObject): AsyncGenerator<string[]> {
    for (let after: string | undefined; ; ) {
      const hits = await this.#page(index, query, wholeOrder, after)
      if (hits.length === 0) return
      yield hits.map(({ _id }) => _id)
      after = hits.at(-1)?.sort
      if (hits.length < pageSize) return
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: values of a sort, given back as they came
  async #page(index: string, query: JsonObject, sort: readonly JsonObject[], after: any): Promise<{ _id: string; sort: any }[]> {
    const body = { size: pageSize, _source: false, query, sort, ...(after === undefined ? {} : { search_after: after }) }
    const { body: found } = await this.#http.send({ method: 'POST', path: `/${index}/_search`, body, expected: [404] })
    return found?.hits?.hits ?? []
  }

  async #until(seen: () => Promise<boolean>): Promise<void> {
    const last = this.#clock.now() + visibleWithin
    while (!(await seen())) {
      if (this.#clock.now() + pollEvery > last)
        throw new UnavailableError('search_behind', 'OpenSearch did not show in time what was written.')
      await sleep(this.#clock, pollEvery)
    }
  }
}

/** No two documents stand at the same place. */
const wholeOrder: readonly JsonObject[] = [
  { put: 'asc' },
  { kind: 'asc' },
  { ordinal: { order: 'asc', missing: '_last' } },
  { space: { order: 'asc', missing: '_last' } },
]

export function chunkId(put: string, ordinal: number): string {
  return `${put}-${ordinal}`
}

function linesOf(action: BulkAction, service: OpenSearchService): JsonObject[] {
  if ('delete' in action) return [{ delete: { _id: action.delete } }]
  if ('update' in action) return [{ update: { _id: action.id } }, { doc: action.update }]
  const id = service === 'es' ? { _id: action.id } : {}
  if ('index' in action) return [{ index: id }, action.index]
  return [service === 'es' ? { create: id } : { index: {} }, action.create]
}

function* inBatches(actions: Iterable<BulkAction>): Generator<BulkAction[]> {
  let batch: BulkAction[] = []
  let bytes = 0
  for (const action of actions) {
    const more = JSON.stringify(action).length
    if (batch.length === bulkActions || (batch.length > 0 && bytes + more > bulkBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(action)
    bytes += more
  }
  if (batch.length > 0) yield batch
}
