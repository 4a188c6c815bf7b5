import type { Uses } from '../scope/scope.ts'
import { type DocumentRecord, maySee } from './access.ts'
import { type RetrievalSignals, signalsOf } from './answer/retrieval-signals.ts'
import { documents, revisionPlace } from './documents.ts'
import { embedQuery } from './embed-query.ts'
import type { Passage } from './passage.ts'
import type { RetrieveBody } from './rag-forms.ts'
import { readText } from './text.ts'

export type RetrieveScope = Uses<'state' | 'search' | 'models' | 'gate'>

/** What was found for a question. */
export interface Retrieval {
  /** Best first, at most `top_k`. */
  readonly passages: readonly Passage[]
  /** Those that have to do with the question; an answer may stand on these. */
  readonly relevant: readonly Passage[]
  /** What the index found, for the confidence. */
  readonly signals: RetrievalSignals
}

/** Of each side of the index. */
const candidates = 100

/**
 * retrieve_similar_documents of the seed (R29): the passages that fit a question best, by words and by its vector, of documents that the
 * caller may see and the filter lets through.
 * @throws what a model's call throws.
 */
export async function retrievePassages(scope: RetrieveScope, body: RetrieveBody, signal: AbortSignal): Promise<Retrieval> {
  const vector = await embedQuery(scope, body.query, signal)
  const found = await scope.search.search({
    texts: [{ text: body.query, weight: 1 }],
    ...(vector ? { vector: { space: vector.space.name, values: vector.values } } : {}),
    ...(body.filter ? { filter: body.filter } : {}),
    limit: candidates,
  })
  const passages: Passage[] = []
  const rows = new Map<string, DocumentRecord | undefined>()
  for (const { document, version, start, end, score } of found.lexical) {
    if (!rows.has(document)) rows.set(document, await visible(scope, document))
    const row = rows.get(document)
    // Between a change and its clean-up the index holds both versions.
    if (row?.fields.live !== version) continue
    const content = await readText(scope, revisionPlace(document, version), start, end)
    const page = await pageOf(row, start)
    passages.push({
      document_id: document,
      source: (await row.open('source')) ?? '',
      content,
      start,
      end,
      ...(page === undefined ? {} : { page }),
      score,
    })
    if (passages.length === body.top_k) break
  }
  return { passages, relevant: passages, signals: signalsOf(found) }
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
    relevant: join(all.map(({ relevant }) => relevant)),
    signals: first.signals,
  }
}

async function visible(scope: RetrieveScope, documentId: string): Promise<DocumentRecord | undefined> {
  const record = await scope.state.get(documents, { partition: documentId })
  return record && (await maySee(scope, record)) ? record : undefined
}

/** From 1; undefined for a document without pages. */
async function pageOf(record: DocumentRecord, start: number): Promise<number | undefined> {
  const pages = await record.open('pages')
  if (!pages) return undefined
  return (JSON.parse(pages) as readonly number[]).findLastIndex((begins) => begins <= start) + 1
}
