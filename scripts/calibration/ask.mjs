// Asks labelled questions the way that the pattern does, with the embedded extractive model, and keeps what came of each.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createExtractiveModel } from '@plinth/models'
import { isAbstention } from '../../packages/core/src/rag/answer/abstention.ts'
import { citeClaims } from '../../packages/core/src/rag/answer/cite-claims.ts'
import { evidenceFeatures } from '../../packages/core/src/rag/answer/confidence-features.ts'
import { ragPrompt } from '../../packages/core/src/rag/answer/prompt.ts'
import { signalsOf } from '../../packages/core/src/rag/answer/retrieval-signals.ts'
import { sentencesOf } from '../../packages/core/src/rag/answer/sentences.ts'
import { bm25Over } from './bm25.mjs'
import { wordF1 } from './metrics.mjs'

const shown = 5
const budgetTokens = 8000
const model = createExtractiveModel()

/** corpus.jsonl and queries.jsonl of a folder, with a search over the former. */
export function readSet(folder) {
  const lines = (name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const corpus = lines('corpus.jsonl')
  const byId = new Map(corpus.map((document) => [document.id, document]))
  return { queries: lines('queries.jsonl'), byId, search: bm25Over(corpus) }
}

/** One question of a set: features, the answer, and how right it is where that is known. */
export async function ask({ search, byId }, query) {
  const { lexicalBound, found } = search(query.text, 20)
  const lexical = found.map(({ document, score }) => ({ document: document.id, version: '1', ordinal: 0, score }))
  const retrieved = found.slice(0, shown).map(({ document, score }) => ({
    document_id: document.id,
    source: document.title,
    content: document.text,
    start: 0,
    end: document.text.length,
    score,
  }))
  const { messages, passages } = ragPrompt({ question: query.text, passages: retrieved, budgetTokens })
  const { content } = await model.doGenerate({ prompt: messages })
  const text = content.map((part) => part.text ?? '').join('')
  const answer = citeClaims({ answer: text, passages })
  const quotes = answer.citations.map(({ document_id, start, end }) => ({
    document_id,
    text: byId.get(document_id).text.slice(start, end),
    start,
    end,
  }))
  return {
    features: evidenceFeatures({ question: query.text, passages, retrieval: signalsOf({ lexical, dense: [], lexicalBound }) }),
    answer,
    isAbstained: isAbstention(text),
    ...against(query, text, quotes, byId),
  }
}

/** Against the accepted answers of a question, or the evidence sentences of a claim. */
function against({ answers = [], doc, evidence = [] }, text, quotes, byId) {
  const holds = (quote) => quote.document_id === doc && answers.some((answer) => quote.text.includes(answer))
  const sentences = evidence.flatMap(({ doc: id, sentences: places }) => {
    const spans = sentencesOf(byId.get(id)?.text ?? '')
    return places.flatMap((at) => (spans[at] === undefined ? [] : [{ document_id: id, ...spans[at] }]))
  })
  const touches = (quote, { document_id, start, end }) =>
    quote.document_id === document_id && quote.start < end && quote.end > start
  return {
    f1: wordF1(text, answers),
    holdsAnswer: answers.some((answer) => text.includes(answer)),
    citations: quotes.length,
    citationsWithAnswer: quotes.filter(holds).length,
    evidence: sentences.length,
    evidenceFound: sentences.filter((sentence) => quotes.some((quote) => touches(quote, sentence))).length,
  }
}
