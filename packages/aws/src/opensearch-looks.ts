import { type Candidate, type Found, InvalidInputError, type JsonObject, type SearchQuery } from '@plinth/core'
import { unavailable } from './aws-fault.ts'
import { cosineOf, type Hit, keyOf, type LiveVersion } from './opensearch-documents.ts'
import type { OpenSearchHttp } from './opensearch-http.ts'
import { denseSearch, lexicalSearch, livenessSearch, markSearch } from './opensearch-query.ts'
import { byRank } from './search-order.ts'

/** What is there of the versions that were asked about. */
export interface Alive {
  /** The put that counts, by the version's key. */
  readonly versions: ReadonlyMap<string, LiveVersion>
  /** Puts whose vectors of a space are all there, see {@link spaceKey}. */
  readonly spaces: ReadonlySet<string>
}

// biome-ignore lint/suspicious/noExplicitAny: OpenSearch's JSON, whose every field is read with care
export type Answer = any

/** Puts that are coming or going: chunks of theirs are not found. */
interface LeftOut {
  readonly words: Set<string>
  readonly near: Set<string>
}

/** Each look meets some puts that are coming or going, and the next does without them. */
const mostLooks = 5

/** Reads from OpenSearch: several searches in one request, and of what they find only what is there as a whole. */
export class OpenSearchLooks {
  readonly #http: OpenSearchHttp

  constructor(http: OpenSearchHttp) {
    this.#http = http
  }

  /** The candidates of a query. Where chunks that are coming or going took the place of some, it looks again without them. */
  async find(index: string, query: SearchQuery): Promise<Found> {
    const leftOut: LeftOut = { words: new Set(), near: new Set() }
    for (let look = 1; ; look++) {
      const { short, ...found } = await this.#look(index, query, leftOut)
      if (!short || look === mostLooks) return found
    }
  }

  /** Undefined where there is no index. */
  async alive(index: string, keys: readonly string[]): Promise<Alive | undefined> {
    const answers = await this.searches(index, [livenessSearch(keys)])
    return answers && aliveOf(answers[0])
  }

  /** Undefined where there is no index. What the side of vectors says of an error is for its caller. */
  async searches(index: string, searches: readonly (JsonObject | undefined)[]): Promise<Answer[] | undefined> {
    const asked = searches.filter((search) => search !== undefined)
    const body = asked.flatMap((search) => [{}, search])
    const { body: answer } = await this.#http.send({ method: 'POST', path: `/${index}/_msearch`, body, expected: [404] })
    const responses: Answer[] = answer?.responses ?? []
    if (responses.length === 0 || responses.some(({ error }) => error?.type === 'index_not_found_exception')) return undefined
    const failed = responses.find(({ error }, at) => error && !isDense(asked[at]))
    if (failed) throw unavailable({ name: failed.error.type }, 'es:ESHttpPost _msearch')
    let next = 0
    return searches.map((search) => (search === undefined ? undefined : responses[next++]))
  }

  /** Adds to what is left out. `short` where that cost candidates. */
  async #look(index: string, query: SearchQuery, leftOut: LeftOut): Promise<Found & { readonly short: boolean }> {
    const size = query.limit
    const none = { lexical: [], dense: [], lexicalBound: 0, short: false }
    const answers = await this.searches(index, [
      markSearch,
      lexicalSearch(query, { size, without: leftOut.words }),
      denseSearch(query, { size, without: leftOut.near }),
    ])
    if (!answers) return { ...none, mark: 'none' }
    const [marks, byWords, byVector] = answers
    const mark = `${marks?.hits?.total?.value ?? 0}-${marks?.aggregations?.mark?.value ?? 0}`
    const found = { lexical: hitsOf(byWords), dense: denseHits(byVector, marks, query) }
    const keys = [...new Set([...found.lexical, ...found.dense].map(({ _source }) => keyOf(_source)))]
    if (keys.length === 0) return { ...none, mark }
    const onlyDense = idsBeside(found.dense, found.lexical)
    const onlyWords = found.dense.length > 0 ? idsBeside(found.lexical, found.dense) : []
    // Each of one side is scored on the other, in the same request that tells what is there.
    const [living, alsoLexical, alsoDense] =
      (await this.searches(index, [
        livenessSearch(keys),
        onlyDense.length > 0 ? lexicalSearch(query, { size: onlyDense.length, ids: onlyDense }) : undefined,
        onlyWords.length > 0 ? denseSearch(query, { size: onlyWords.length, ids: onlyWords }) : undefined,
      ])) ?? []
    const alive = aliveOf(living)
    const isThere = ({ _source: source }: Hit): boolean => alive.versions.get(keyOf(source))?.put === source.put
    const hasVector = (hit: Hit): boolean =>
      isThere(hit) && alive.spaces.has(spaceKey(hit._source.put, query.vector?.space ?? ''))
    const words = found.lexical.filter(isThere)
    const near = found.dense.filter(hasVector)
    for (const hit of found.lexical) if (!isThere(hit)) leftOut.words.add(hit._source.put)
    for (const hit of found.dense) if (!hasVector(hit)) leftOut.near.add(hit._source.put)
    const lost = (all: readonly Hit[], left: readonly Hit[]): boolean => all.length === size && left.length < size
    return {
      lexical: candidates([...words, ...hitsOf(alsoLexical).filter(oneOf(near))], (score) => score),
      dense: candidates([...near, ...hitsOf(alsoDense).filter(hasVector).filter(oneOf(words))], cosineOf),
      lexicalBound: 0,
      mark,
      short: lost(found.lexical, words) || lost(found.dense, near),
    }
  }
}

export function spaceKey(put: string, space: string): string {
  return `${put} ${space}`
}

function isDense(search: JsonObject | undefined): boolean {
  return Object.hasOwn((search?.query ?? {}) as JsonObject, 'knn')
}

function denseHits(answer: Answer, marks: Answer, { vector }: SearchQuery): Hit[] {
  const known = marks?.aggregations?.spaces?.buckets?.find((bucket: Answer) => bucket.key === vector?.space)
  // Asked of a space without vectors, OpenSearch may say that there is no such field.
  if (!vector || !known) return []
  const dimensions = Number(known.dimensions?.value)
  if (vector.values.length !== dimensions)
    throw new InvalidInputError(`The space has vectors of ${dimensions} dimensions.`, { field: 'vector' })
  if (answer?.error) throw unavailable({ name: answer.error.type }, 'es:ESHttpPost _msearch')
  return hitsOf(answer)
}

function aliveOf(answer: Answer): Alive {
  const versions = new Map<string, LiveVersion>()
  const spaces = new Set<string>()
  for (const { _source } of answer?.hits?.hits ?? []) {
    const { kind, key, put, chunks, space } = _source
    if (kind === 'space') spaces.add(spaceKey(put, space))
    // Two puts of a version at once, where ids can't prevent it: everyone takes the same.
    else if (put < (versions.get(key)?.put ?? '~')) versions.set(key, { key, put, chunks })
  }
  return { versions, spaces }
}

function hitsOf(answer: Answer): Hit[] {
  return answer?.hits?.hits ?? []
}

/** The ids of hits that aren't among others. */
function idsBeside(hits: readonly Hit[], others: readonly Hit[]): string[] {
  const there = oneOf(others)
  return hits.filter((hit) => !there(hit)).map(({ _id }) => _id)
}

function oneOf(hits: readonly Hit[]): (hit: Hit) => boolean {
  const ids = new Set(hits.map(({ _id }) => _id))
  return ({ _id }) => ids.has(_id)
}

/** Best first; what a retry put twice counts once. */
function candidates(hits: readonly Hit[], scoreOf: (score: number) => number): Candidate[] {
  const found = new Map<string, Candidate>()
  for (const { _score, _source } of hits) {
    const { put: _, ...source } = _source
    const key = `${keyOf(source)}/${source.ordinal}`
    if (!found.has(key)) found.set(key, { ...source, score: scoreOf(_score) })
  }
  return [...found.values()].sort(byRank)
}
