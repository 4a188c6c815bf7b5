import type { Uses } from '../scope/scope.ts'
import { type DocumentRecord, maySee } from './access.ts'
import { type RetrievalSignals, signalsOf } from './answer/retrieval-signals.ts'
import { documents, revisionPlace } from './documents.ts'
import { embedQuery } from './embed-query.ts'
import type { Passage } from './passage.ts'
import type { RetrieveBody } from './rag-forms.ts'
import { type FusedCandidate, fuse } from './retrieve/fuse.ts'
import { distinctPassages } from './retrieve/near-duplicates.ts'
import type { PassageText } from './retrieve/passage-words.ts'
import { queryTexts } from './retrieve/query-texts.ts'
import { type RankedCandidate, rerank, rerankDepth } from './retrieve/rerank.ts'
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
 * the caller may see and the filter lets through (X33). What says the same twice is there once.
 * @throws what a model's call throws.
 */
export async function retrievePassages(scope: RetrieveScope, body: RetrieveBody, signal: AbortSignal): Promise<Retrieval> {
  const { texts, embed } = queryTexts(body.query, body.history)
  const vector = body.dense_weight === 0 ? undefined : await embedQuery(scope, embed, signal)
  const found = await scope.search.search({
    texts,
    ...(vector ? { vector: { space: vector.space.name, values: vector.values } } : {}),
    ...(body.filter ? { filter: body.filter } : {}),
    limit: candidates,
  })
  const denseWeight = body.dense_weight ?? vector?.denseWeight
  const fused = fuse(found, {
    ...(vector ? { modelId: vector.space.model_id } : {}),
    ...(denseWeight === undefined ? {} : { denseWeight }),
  })
  const rows = new Rows(scope)
  const live: FusedCandidate[] = []
  const most = Math.max(rerankDepth, body.top_k + spare)
  for (const candidate of fused) {
    if (await rows.isLive(candidate)) live.push(candidate)
    if (live.length === most) break
  }
  const read = await Promise.all(live.map((candidate) => textOf(scope, candidate)))
  const textAt = new Map(live.map((candidate, index) => [placeOf(candidate), read[index]?.text ?? '']))
  const ranked = rerank(texts, live, read.slice(0, rerankDepth)).map((candidate) => ({
    ...candidate,
    text: textAt.get(placeOf(candidate)) ?? '',
  }))
  const distinct = distinctPassages(ranked, { count: body.top_k })
  const passages = await Promise.all(distinct.map(({ passage }) => rows.passage(passage)))
  return { passages, signals: signalsOf(found) }
}

async function textOf(scope: RetrieveScope, { document, version, ordinal, start, end }: FusedCandidate): Promise<PassageText> {
  const place = revisionPlace(document, version)
  const chunk = await readChunk(scope, place, ordinal)
  return { text: await readText(scope, place, start, end), context: chunk?.context ?? '' }
}

function placeOf({ document, ordinal }: FusedCandidate): string {
  return `${document} ${ordinal}`
}

/** The documents of candidates, each looked at once. */
class Rows {
  readonly #scope: RetrieveScope
  readonly #rows = new Map<string, Promise<DocumentRecord | undefined>>()

  constructor(scope: RetrieveScope) {
    this.#scope = scope
  }

  /** Between a change and its clean-up the index holds both versions, and knows who might see the one before. */
  async isLive({ document, version }: FusedCandidate): Promise<boolean> {
    return (await this.#row(document))?.fields.live === version
  }

  async passage({ document, start, end, score, text }: RankedCandidate & { readonly text: string }): Promise<Passage> {
    const row = await this.#row(document)
    const page = row && (await pageOf(row, start))
    const source = (await row?.open('source')) ?? ''
    return { document_id: document, source, content: text, start, end, ...(page === undefined ? {} : { page }), score }
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
    return record && (await maySee(this.#scope, record)) ? record : undefined
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
