import type { Clock } from '@plinth/core'

// biome-ignore lint/suspicious/noExplicitAny: JSON as it was sent
type Json = any

interface Stored {
  readonly id: string
  source: Json
  /** What searches see, and from when on they see what is stored. */
  seen: Json | undefined
  visibleAt: number
  deleted: boolean
}

interface Index {
  readonly properties: Json
  readonly documents: Map<string, Stored>
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: string
}

/**
 * As much of OpenSearch's data plane as an index uses, behind `fetch`, with the forms of answers that its documentation shows. Words are
 * runs of letters and digits without an s at the end, scored by how often they stand there; vectors are compared exactly. Whatever it doesn't know it refuses.
 * As Serverless it makes ids, knows no refresh, delete by query or statistics, and shows what is written after a while.
 */
export class SimulatedOpenSearch {
  readonly asked: Asked[] = []
  readonly indexes: Map<string, Index> = new Map()
  /** Answers in the place of the engine, or lets something else happen first. */
  before: (asked: Asked) => Promise<Response | undefined> | Response | undefined = () => undefined
  readonly #clock: Clock
  readonly #serverless: boolean
  readonly #delay: number
  #ids = 0

  constructor(clock: Clock, options: { readonly serverless?: boolean; readonly delay?: number } = {}) {
    this.#clock = clock
    this.#serverless = options.serverless ?? false
    this.#delay = options.delay ?? (this.#serverless ? 10_000 : 0)
  }

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input))
    const asked = {
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: new Headers(init.headers),
      body: String(init.body ?? ''),
    }
    this.asked.push(asked)
    const other = await this.before(asked)
    if (other) return other
    const [, name = '', verb = '', part = ''] = asked.path.split('/')
    const known = this.indexes.get(name)
    switch (`${asked.method} ${[verb, part].filter(Boolean).join('/')}`) {
      case 'PUT ':
        return this.#create(name, JSON.parse(asked.body))
      case 'DELETE ':
        return this.indexes.delete(name) ? answer(200, { acknowledged: true }) : missing(name)
      case 'POST _bulk':
        return known ? this.#bulk(known, lines(asked.body), asked.query) : missing(name)
      case 'POST _search':
        return known ? this.#search(known, JSON.parse(asked.body)) : missing(name)
      case 'POST _msearch':
        return this.#searchMany(known, name, lines(asked.body))
      case 'PUT _mapping':
        return known ? this.#map(known, JSON.parse(asked.body)) : missing(name)
      case 'POST _delete_by_query':
        if (this.#serverless) return failure(404, 'not_found')
        return known ? this.#deleteByQuery(known, JSON.parse(asked.body)) : missing(name)
      case 'GET _stats':
        if (this.#serverless) return failure(404, 'not_found')
        return known
          ? answer(200, { _all: { primaries: { store: { size_in_bytes: 4_096 }, segments: { count: 3 } } } })
          : missing(name)
      default:
        return failure(405, 'method_not_allowed')
    }
  }

  /** Everything that is stored, whether searches see it or not. */
  stored(): Json[] {
    return [...this.indexes.values()].flatMap(({ documents }) =>
      [...documents.values()].filter(({ deleted }) => !deleted).map(({ source }) => source),
    )
  }

  #create(name: string, { settings, mappings }: Json): Response {
    if (this.indexes.has(name)) return failure(400, 'resource_already_exists_exception')
    if (!settings?.index?.knn || (this.#serverless && 'number_of_shards' in settings.index))
      return failure(400, 'illegal_argument_exception')
    this.indexes.set(name, { properties: { ...mappings.properties }, documents: new Map() })
    return answer(200, { acknowledged: true, shards_acknowledged: true, index: name })
  }

  #map({ properties }: Index, asked: Json): Response {
    for (const [field, { dimension, type, method }] of Object.entries<Json>(asked.properties)) {
      if (type !== 'knn_vector' || method.engine !== 'faiss') return failure(400, 'mapper_parsing_exception')
      if (properties[field] && properties[field].dimension !== dimension) return failure(400, 'illegal_argument_exception')
      properties[field] = asked.properties[field]
    }
    return answer(200, { acknowledged: true })
  }

  #bulk(index: Index, sent: Json[], query: URLSearchParams): Response {
    if (this.#serverless && query.has('refresh')) return failure(400, 'illegal_argument_exception')
    const items: Json[] = []
    for (let at = 0; at < sent.length; at++) {
      const [[action, { _id }] = ['', {} as Json]] = Object.entries<Json>(sent[at])
      const source = action === 'delete' ? undefined : sent[++at]
      items.push({ [action]: this.#write(index, action, _id, source) })
    }
    return answer(200, { took: 1, errors: items.some((item) => (Object.values<Json>(item)[0]?.status ?? 0) > 299), items })
  }

  #write(index: Index, action: string, id: string | undefined, source: Json): Json {
    if (action === 'create') {
      const there = index.documents.get(String(id))
      if (this.#serverless) return refused(400, 'illegal_argument_exception')
      if (there && !there.deleted) return refused(409, 'version_conflict_engine_exception')
    }
    if (action === 'index' || action === 'create') {
      if (this.#serverless && id !== undefined) return refused(400, 'illegal_argument_exception')
      if (Object.keys(source).some((field) => !(field in index.properties)))
        return refused(400, 'strict_dynamic_mapping_exception')
      const made = id ?? `made-${++this.#ids}`
      const before = index.documents.get(made)
      this.#keep(index, { id: made, source, seen: before && this.#seen(before), deleted: false })
      return { _id: made, status: before ? 200 : 201 }
    }
    const stored = index.documents.get(String(id))
    if (!stored || stored.deleted)
      return action === 'delete' ? { _id: id, status: 404 } : refused(404, 'document_missing_exception')
    const seen = this.#seen(stored)
    if (action === 'delete') {
      this.#keep(index, { id: stored.id, source: stored.source, seen, deleted: true })
      return { _id: id, status: 200 }
    }
    for (const [field, value] of Object.entries<Json>(source.doc)) {
      const mapping = index.properties[field]
      if (!mapping) return refused(400, 'strict_dynamic_mapping_exception')
      if (Array.isArray(value) && value.length !== mapping.dimension) return refused(400, 'mapper_parsing_exception')
    }
    this.#keep(index, { id: stored.id, source: { ...stored.source, ...source.doc }, seen, deleted: false })
    return { _id: id, status: 200 }
  }

  #keep(index: Index, document: Omit<Stored, 'visibleAt'>): void {
    index.documents.set(document.id, { ...document, visibleAt: this.#clock.now() + this.#delay })
  }

  #seen(stored: Stored): Json | undefined {
    if (this.#clock.now() < stored.visibleAt) return stored.seen
    return stored.deleted ? undefined : stored.source
  }

  #deleteByQuery(index: Index, { query }: Json): Response {
    let deleted = 0
    for (const stored of index.documents.values()) {
      if (!matches(stored.id, this.#seen(stored), query)) continue
      this.#keep(index, { id: stored.id, source: stored.source, seen: undefined, deleted: true })
      deleted++
    }
    return answer(200, { deleted, version_conflicts: 0, failures: [] })
  }

  #searchMany(index: Index | undefined, name: string, sent: Json[]): Response {
    const responses = sent
      .filter((_, at) => at % 2 === 1)
      .map((search) => {
        try {
          return index ? { ...this.#found(index, search), status: 200 } : refused(404, 'index_not_found_exception', name)
        } catch (error) {
          return refused(400, (error as Error).message)
        }
      })
    return answer(200, { took: 1, responses })
  }

  #search(index: Index, search: Json): Response {
    return answer(200, this.#found(index, search))
  }

  #found(index: Index, { size = 10, query, sort, search_after: after, aggs, _source }: Json): Json {
    const hits = [...index.documents.values()].flatMap((stored) => {
      const source = this.#seen(stored)
      const score = source && scoreOf(stored.id, source, query, index)
      return score === undefined ? [] : [{ _id: stored.id, _score: score, source }]
    })
    const knn = query.knn && Object.values<Json>(query.knn)[0]
    const placed = hits
      .map((hit) => ({ ...hit, sort: (sort ?? []).map((by: Json) => placeOf(hit, Object.keys(by)[0] ?? '')) }))
      .sort((left, right) => (sort ? compare(left.sort, right.sort) : right._score - left._score))
      .filter((hit) => after === undefined || compare(hit.sort, after) > 0)
    const shown = placed.slice(0, Math.min(size, knn?.k ?? size))
    return {
      took: 1,
      timed_out: false,
      hits: {
        total: { value: hits.length, relation: 'eq' },
        hits: shown.map(({ source, sort: place, ...hit }) => ({
          ...hit,
          ...(sort ? { sort: place } : {}),
          ...pick(source, _source),
        })),
      },
      ...(aggs
        ? {
            aggregations: aggregate(
              hits.map(({ source }) => source),
              aggs,
            ),
          }
        : {}),
    }
  }
}

/** Where a hit stands in the order of one field; the best score first, those without the field last. */
function placeOf(hit: Json, field: string): Json {
  return field === '_score' ? -hit._score : (hit.source[field] ?? '~')
}

function pick(source: Json, fields: readonly string[] | false | undefined): Json {
  if (fields === false) return {}
  return { _source: Object.fromEntries(Object.entries(source).filter(([name]) => !fields || fields.includes(name))) }
}

function matches(id: string, source: Json | undefined, query: Json): boolean {
  if (source === undefined) return false
  const [[kind, body] = ['', {} as Json]] = Object.entries<Json>(query)
  const [[field, value] = ['', undefined]] = Object.entries<Json>(body)
  const held = [source[field]].flat()
  switch (kind) {
    case 'match_all':
      return true
    case 'term':
      return held.includes(value)
    case 'terms':
      return held.some((item) => item !== undefined && value.includes(item))
    case 'ids':
      return body.values.includes(id)
    case 'exists':
      return source[body.field] !== undefined && source[body.field] !== null
    case 'bool':
      return (
        body.filter.every((inner: Json) => matches(id, source, inner)) &&
        !(body.must_not ?? []).some((inner: Json) => matches(id, source, inner))
      )
    default:
      throw new Error('parsing_exception')
  }
}

function scoreOf(id: string, source: Json, query: Json, { properties }: Index): number | undefined {
  if (query.knn) {
    const [[field, { vector, filter }] = ['', {} as Json]] = Object.entries<Json>(query.knn)
    if (!properties[field] || properties[field].dimension !== vector.length) throw new Error('illegal_argument_exception')
    if (!source[field] || !matches(id, source, filter)) return undefined
    const product = source[field].reduce((sum: number, value: number, at: number) => sum + value * vector[at], 0)
    return product > 0 ? product + 1 : 1 / (1 - product)
  }
  if (!query.bool?.should) return matches(id, source, query) ? 1 : undefined
  const { filter, must_not = [] } = query.bool
  if (!matches(id, source, { bool: { filter, must_not } })) return undefined
  const score = query.bool.should.reduce((sum: number, { match }: Json) => {
    const [[field, { query: text, boost }] = ['', {} as Json]] = Object.entries<Json>(match)
    const there = wordsOf(source[field])
    const found = [...new Set(wordsOf(text))].map((word) => there.filter((other) => other === word).length)
    // The shorter of two texts is the better one.
    return sum + boost * found.reduce((all, times) => all + times / (times + 1 + there.length / 10_000), 0)
  }, 0)
  return score > 0 ? score : undefined
}

function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.replace(/s$/, ''))
}

function aggregate(sources: Json[], aggs: Json): Json {
  return Object.fromEntries(
    Object.entries<Json>(aggs).map(([name, { sum, max, terms, aggs: inner }]) => {
      if (sum) return [name, { value: sources.reduce((all, source) => all + (source[sum.field] ?? 0), 0) }]
      if (max) return [name, { value: Math.max(...sources.map((source) => source[max.field] ?? 0)) }]
      const keys = [...new Set(sources.flatMap((source) => source[terms.field] ?? []))].slice(0, terms.size)
      const buckets = keys.map((key) => {
        const held = sources.filter((source) => source[terms.field] === key)
        return { key, doc_count: held.length, ...(inner ? aggregate(held, inner) : {}) }
      })
      return [name, { buckets }]
    }),
  )
}

function compare(left: Json[], right: Json[]): number {
  for (const [at, value] of left.entries()) {
    if (value < right[at]) return -1
    if (value > right[at]) return 1
  }
  return 0
}

function lines(body: string): Json[] {
  if (!body.endsWith('\n')) throw new Error('A body of lines ends with one.')
  return body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function refused(status: number, type: string, index?: string): Json {
  return { status, error: { type, reason: `quotes what was sent ${index ?? ''}`, root_cause: [{ type }] } }
}

export function failure(status: number, type: string): Response {
  return answer(status, refused(status, type))
}

function missing(name: string): Response {
  return answer(404, refused(404, 'index_not_found_exception', name))
}

function answer(status: number, body: Json): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
}
