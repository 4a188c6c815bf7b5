import type { JsonObject } from '../json.ts'
import type { ResolvedReranking } from '../language-model/catalogue.ts'
import { ModelFailure } from '../language-model/failure.ts'
import type { Uses } from '../scope/scope.ts'
import { type RetrievalSignals, signalsOf } from './answer/retrieval-signals.ts'
import { CandidateRows } from './candidate-rows.ts'
import { revisionPlace } from './documents.ts'
import { embedQuery, type QueryVector } from './embed-query.ts'
import { type KeptRetrieval, RetrievalPlace } from './kept-retrievals.ts'
import type { Passage } from './passage.ts'
import type { RetrieveBody } from './rag-forms.ts'
import { rerankByModel } from './rerank-by-model.ts'
import { type FusedCandidate, fuse } from './retrieve/fuse.ts'
import { distinctPassages } from './retrieve/near-duplicates.ts'
import type { PassageText } from './retrieve/passage-words.ts'
import { type QueryForms, queryTexts } from './retrieve/query-texts.ts'
import { rerank, rerankDepth } from './retrieve/rerank.ts'
import { readChunk } from './text.ts'

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
/** Of what fits equally well, another subject is let in first. nDCG@10 moves by at most .0002 on SciFact and SQuAD; at .1 it falls by .0005. */
const variety = 0.05
/** While documents change. Who asks is answered then from what there is. */
const mostLooks = 3

/**
 * retrieve_similar_documents of the seed (R29): the passages that fit a question best, by words and by its vector (X31), of documents that
 * the caller may see and the filter lets through (X33). What says the same twice is there once. The same question again is answered from
 * what was found before, as long as index and documents are the same (X35); their rows are looked at each time. Where a document is
 * replaced while it is looked for, it is looked for again: one that was found before is not missed for its new version (R44).
 * Models that make vectors or rerank, and fail, are done without: metrics and the audit trail tell of it.
 * @throws what embedQuery and rerankByModel throw besides, such as LimitError and BudgetExhaustedError.
 */
export async function retrievePassages(scope: RetrieveScope, body: RetrieveBody, signal: AbortSignal): Promise<Retrieval> {
  const forms = queryTexts(body.query, body.history)
  const vector = body.dense_weight === 0 ? undefined : await vectorOf(scope, forms.embed, signal)
  const question: Question = {
    ...{ body, forms, vector, signal },
    denseWeight: body.dense_weight ?? vector?.denseWeight,
    reranker: scope.models.resolveReranking?.(),
  }
  const place = new RetrievalPlace(scope, askedOf(scope, question))
  for (let looks = 1; ; looks++) {
    const rows = new CandidateRows(scope)
    const mark = await scope.search.mark?.()
    const known = mark === undefined ? undefined : place.find(mark)
    const { places, signals } = known && (await rows.stillCount(known)) ? known : await look(scope, question, rows, place)
    const passages = (await Promise.all(places.map((each) => rows.passage(each)))).filter((passage) => passage !== undefined)
    if (looks === mostLooks || !(await rows.isOutdated(mark))) return { passages, signals }
  }
}

/** Undefined where the model fails: what is found by words is better than nothing. */
async function vectorOf(scope: RetrieveScope, text: string, signal: AbortSignal): Promise<QueryVector | undefined> {
  try {
    return await embedQuery(scope, text, signal)
  } catch (error) {
    if (!(error instanceof ModelFailure) || signal.aborted) throw error
    return undefined
  }
}

interface Question {
  readonly body: RetrieveBody
  readonly forms: QueryForms
  readonly signal: AbortSignal
  readonly vector: QueryVector | undefined
  /** The question's own, else the tenant's. */
  readonly denseWeight: number | undefined
  readonly reranker: ResolvedReranking | undefined
}

/** All that the ranking depends on, but for the caller and the index. */
function askedOf(scope: RetrieveScope, { body, forms, vector, denseWeight, reranker }: Question): JsonObject {
  const { filter = {}, top_k } = body
  return {
    texts: forms.texts.map(({ text, weight }) => ({ text, weight })),
    embed: forms.embed,
    space: vector?.space.name ?? null,
    dense_weight: denseWeight ?? null,
    filter: { ...filter },
    top_k,
    // What the filters keep from the model has another place.
    reranker: reranker ? [reranker.servedBy, JSON.stringify(scope.tenant.filters)] : null,
  }
}

/** Searches and ranks, and keeps what came of it for the next who asks the same. */
async function look(
  scope: RetrieveScope,
  question: Question,
  rows: CandidateRows,
  place: RetrievalPlace,
): Promise<KeptRetrieval> {
  const { body, forms, vector, denseWeight, reranker, signal } = question
  const found = await scope.search.search({
    texts: forms.texts,
    ...(vector ? { vector: { space: vector.space.name, values: vector.values } } : {}),
    ...(body.filter ? { filter: body.filter } : {}),
    limit: candidates,
  })
  const fused = fuse(found, {
    ...(vector ? { modelId: vector.space.served_by } : {}),
    ...(denseWeight === undefined ? {} : { denseWeight }),
  })
  const live: FusedCandidate[] = []
  const most = Math.max(rerankDepth, body.top_k + spare)
  for (const candidate of fused) {
    if (await rows.counts(candidate)) live.push(candidate)
    if (live.length === most) break
  }
  const read = await Promise.all(live.map(async (candidate) => ({ ...candidate, ...(await textOf(scope, rows, candidate)) })))
  const surrounded = await Promise.all(read.slice(0, rerankDepth).map((candidate) => textAround(scope, rows, candidate)))
  const ranked = rerank(forms.texts, read, surrounded)
  const wanted = reranker ? Math.max(rerankDepth, body.top_k) : body.top_k
  const distinct = distinctPassages(ranked, { count: wanted, variety }).map(({ passage }) => passage)
  const byModel = await rerankByModel(scope, { reranker, query: forms.embed, passages: distinct, signal })
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

async function textOf(scope: RetrieveScope, rows: CandidateRows, candidate: FusedCandidate): Promise<PassageText> {
  const { document, version, ordinal, start, end } = candidate
  const chunk = await readChunk(scope, revisionPlace(document, version), ordinal)
  return { text: await rows.text(candidate, start, end), context: chunk?.context ?? '' }
}

/** A passage with the chunk before it and the one behind: what it is about often stands there. */
async function textAround(
  scope: RetrieveScope,
  rows: CandidateRows,
  candidate: FusedCandidate & PassageText,
): Promise<PassageText> {
  const { document, version, ordinal, start, end, context } = candidate
  const place = revisionPlace(document, version)
  const [before, behind] = await Promise.all([
    ordinal === 0 ? undefined : readChunk(scope, place, ordinal - 1),
    readChunk(scope, place, ordinal + 1),
  ])
  return { text: await rows.text(candidate, before?.start ?? start, behind?.end ?? end), context }
}

/** Several looks as one: each passage once, the best `topK`. */
export function joinRetrievals(all: readonly Retrieval[], topK: number): Retrieval {
  const [first] = all
  if (!first) throw new Error('Nothing was looked for.')
  const best = new Map<string, Passage>()
  for (const passage of all.flatMap(({ passages }) => passages)) {
    const key = `${passage.document_id}:${passage.start}`
    if (passage.score > (best.get(key)?.score ?? Number.NEGATIVE_INFINITY)) best.set(key, passage)
  }
  const passages = [...best.values()].sort((one, other) => other.score - one.score).slice(0, topK)
  return { passages, signals: first.signals }
}
