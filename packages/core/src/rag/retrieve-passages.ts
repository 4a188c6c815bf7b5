import type { JsonObject } from '../json.ts'
import type { DocumentVersion } from '../ports/search-index.ts'
import type { Uses } from '../scope/scope.ts'
import { type DocumentRecord, mayRead } from './access.ts'
import { type RetrievalSignals, signalsOf } from './answer/retrieval-signals.ts'
import { documents, revisionPlace } from './documents.ts'
import { embedQuery } from './embed-query.ts'
import { type Examined, type KeptRetrieval, type RankedPlace, RetrievalPlace } from './kept-retrievals.ts'
import type { Passage } from './passage.ts'
import type { RetrieveBody } from './rag-forms.ts'
import { rerankByModel, rerankingModelOf } from './rerank-by-model.ts'
import { type FusedCandidate, fuse } from './retrieve/fuse.ts'
import { distinctPassages } from './retrieve/near-duplicates.ts'
import type { PassageText } from './retrieve/passage-words.ts'
import { type QueryForms, queryTexts } from './retrieve/query-texts.ts'
import { rerank, rerankDepth } from './retrieve/rerank.ts'
import { readChunk, readText } from './text.ts'

export type RetrieveScope = Uses<'state' | 'search' | 'models' | 'gate'>

/** What was found for a question. */
export interface Retrieval {
  /** Best first, at most `top_k`. */
  readonly passages: readonly Passage[]
  /** What the index found, for the confidence. */
  readonly signals: RetrievalSignals
}

/** Of each side of the index. */
const candidates = 100
/** Read beyond those that are wanted, since some say the same. */
const spare = 20

/**
 * retrieve_similar_documents of the seed (R29): the passages that fit a question best, by words and by its vector (X31), of documents that
 * the caller may see and the filter lets through (X33). What says the same twice is there once. The same question again is answered from
 * what was found before, as long as index and documents are the same (X35); their rows are looked at each time.
 * @throws what a model's call throws; a model that reranks and fails for a while is done without.
 */
export async function retrievePassages(scope: RetrieveScope, body: RetrieveBody, signal: AbortSignal): Promise<Retrieval> {
  const forms = queryTexts(body.query, body.history)
  const vector = body.dense_weight === 0 ? undefined : await embedQuery(scope, forms.embed, signal)
  const question: Question = {
    ...{ body, forms, signal },
    ...(vector ? { vector: { space: vector.space.name, values: vector.values }, modelId: vector.space.model_id } : {}),
    denseWeight: body.dense_weight ?? vector?.denseWeight,
  }
  const rows = new Rows(scope)
  const place = new RetrievalPlace(scope, askedOf(scope, question))
  const mark = await scope.search.mark?.()
  const known = mark === undefined ? undefined : place.find(mark)
  const { places, signals } = known && (await rows.stillCount(known)) ? known : await look(scope, question, rows, place)
  return { passages: await Promise.all(places.map((each) => rows.passage(each))), signals }
}

interface Question {
  readonly body: RetrieveBody
  readonly forms: QueryForms
  readonly signal: AbortSignal
  readonly vector?: { readonly space: string; readonly values: Float32Array }
  /** What made the vector. */
  readonly modelId?: string
  readonly denseWeight: number | undefined
}

/** All that the ranking depends on, but for the caller and the index. */
function askedOf(scope: RetrieveScope, { body, forms, vector, denseWeight }: Question): JsonObject {
  const { filter = {}, top_k } = body
  const reranker = rerankingModelOf(scope)
  return {
    texts: forms.texts.map(({ text, weight }) => ({ text, weight })),
    embed: forms.embed,
    space: vector?.space ?? null,
    dense_weight: denseWeight ?? null,
    filter: { ...filter },
    top_k,
    // What the filters keep from the model has another place.
    reranker: reranker ? [reranker.servedBy, JSON.stringify(scope.tenant.filters)] : null,
  }
}

/** Searches and ranks, and keeps what came of it for the next who asks the same. */
async function look(scope: RetrieveScope, question: Question, rows: Rows, place: RetrievalPlace): Promise<KeptRetrieval> {
  const { body, forms, vector, modelId, denseWeight, signal } = question
  const found = await scope.search.search({
    texts: forms.texts,
    ...(vector ? { vector } : {}),
    ...(body.filter ? { filter: body.filter } : {}),
    limit: candidates,
  })
  const fused = fuse(found, {
    ...(modelId === undefined ? {} : { modelId }),
    ...(denseWeight === undefined ? {} : { denseWeight }),
  })
  const live: FusedCandidate[] = []
  const most = Math.max(rerankDepth, body.top_k + spare)
  for (const candidate of fused) {
    if (await rows.counts(candidate)) live.push(candidate)
    if (live.length === most) break
  }
  const read = await Promise.all(live.map((candidate) => textOf(scope, candidate)))
  const textAt = new Map(live.map((candidate, index) => [placeOf(candidate), read[index]]))
  const surrounded = await Promise.all(live.slice(0, rerankDepth).map((candidate) => textAround(scope, candidate)))
  const ranked = rerank(forms.texts, live, surrounded).map((candidate) => ({
    ...candidate,
    ...(textAt.get(placeOf(candidate)) ?? { text: '', context: '' }),
  }))
  const wanted = rerankingModelOf(scope) ? Math.max(rerankDepth, body.top_k) : body.top_k
  const distinct = distinctPassages(ranked, { count: wanted }).map(({ passage }) => passage)
  const byModel = await rerankByModel(scope, { query: forms.embed, passages: distinct, depth: rerankDepth, signal })
  const kept: KeptRetrieval = {
    examined: rows.examined,
    places: byModel.passages.slice(0, body.top_k).map(({ document, version, start, end, score }) => ({
      ...{ document, version, start, end, score },
    })),
    signals: signalsOf(found),
  }
  if (byModel.complete && scope.search.mark) place.keep(found.mark, kept)
  return kept
}

async function textOf(scope: RetrieveScope, { document, version, ordinal, start, end }: FusedCandidate): Promise<PassageText> {
  const place = revisionPlace(document, version)
  const chunk = await readChunk(scope, place, ordinal)
  return { text: await readText(scope, place, start, end), context: chunk?.context ?? '' }
}

/** A passage with the chunk before it and the one behind: what it is about often stands there. */
async function textAround(
  scope: RetrieveScope,
  { document, version, ordinal, start, end }: FusedCandidate,
): Promise<PassageText> {
  const place = revisionPlace(document, version)
  const [before, own, behind] = await Promise.all(
    [ordinal - 1, ordinal, ordinal + 1].map((each) => (each < 0 ? undefined : readChunk(scope, place, each))),
  )
  const text = await readText(scope, place, before?.start ?? start, behind?.end ?? end)
  return { text, context: own?.context ?? '' }
}

function placeOf({ document, ordinal }: FusedCandidate): string {
  return `${document} ${ordinal}`
}

/** The documents of candidates, each looked at once. */
class Rows {
  readonly #scope: RetrieveScope
  readonly #rows = new Map<string, Promise<DocumentRecord | undefined>>()
  readonly #examined = new Map<string, Examined>()

  constructor(scope: RetrieveScope) {
    this.#scope = scope
  }

  /** All that were asked for. */
  get examined(): readonly Examined[] {
    return [...this.#examined.values()]
  }

  /** Between a change and its clean-up the index holds both versions, and knows who might see the one before. */
  async counts({ document, version }: DocumentVersion): Promise<boolean> {
    const counts = (await this.#row(document))?.fields.live === version
    this.#examined.set(`${document} ${version}`, { document, version, counts })
    return counts
  }

  /** Whether all that was looked at is as it was: what was made live since, changed, deleted, or is for others now, would rank otherwise. */
  async stillCount({ examined }: KeptRetrieval): Promise<boolean> {
    const now = await Promise.all(examined.map((each) => this.counts(each)))
    return examined.every(({ counts }, index) => counts === now[index])
  }

  async passage({ document, version, start, end, score }: RankedPlace): Promise<Passage> {
    const row = await this.#row(document)
    const [content, page, source] = await Promise.all([
      readText(this.#scope, revisionPlace(document, version), start, end),
      row && pageOf(row, start),
      row?.open('source'),
    ])
    return { document_id: document, source: source ?? '', content, start, end, ...(page === undefined ? {} : { page }), score }
  }

  #row(document: string): Promise<DocumentRecord | undefined> {
    const known = this.#rows.get(document)
    if (known) return known
    const row = this.#read(document)
    this.#rows.set(document, row)
    return row
  }

  async #read(document: string): Promise<DocumentRecord | undefined> {
    const record = await this.#scope.state.get(documents, { partition: document })
    return record && (await mayRead(this.#scope, record)) ? record : undefined
  }
}

/** Several looks as one: each passage once, the best `topK`. */
export function joinRetrievals(all: readonly Retrieval[], topK: number): Retrieval {
  const join = (lists: readonly (readonly Passage[])[]): readonly Passage[] => {
    const best = new Map<string, Passage>()
    for (const passage of lists.flat()) {
      const key = `${passage.document_id}:${passage.start}`
      if (passage.score > (best.get(key)?.score ?? Number.NEGATIVE_INFINITY)) best.set(key, passage)
    }
    return [...best.values()].sort((one, other) => other.score - one.score).slice(0, topK)
  }
  const [first] = all
  if (!first) throw new Error('Nothing was looked for.')
  return {
    passages: join(all.map(({ passages }) => passages)),
    signals: first.signals,
  }
}

/** From 1; undefined for a document without pages. */
async function pageOf(record: DocumentRecord, start: number): Promise<number | undefined> {
  const pages = await record.open('pages')
  if (!pages) return undefined
  return (JSON.parse(pages) as readonly number[]).findLastIndex((begins) => begins <= start) + 1
}
