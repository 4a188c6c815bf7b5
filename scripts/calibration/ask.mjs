// Answers labelled questions the way that the pattern does, with the embedded extractive model, and keeps what came of each.
import { join } from 'node:path'
import { createExtractiveModel } from '@plinth/models'
import { isAbstention } from '../../packages/core/src/rag/answer/abstention.ts'
import { citeClaims } from '../../packages/core/src/rag/answer/cite-claims.ts'
import { evidenceFeatures } from '../../packages/core/src/rag/answer/confidence-features.ts'
import { ragPrompt } from '../../packages/core/src/rag/answer/prompt.ts'
import { sentencesOf } from '../../packages/core/src/rag/answer/sentences.ts'
import { wordF1 } from './metrics.mjs'
import { readLines } from './retrieve.mjs'

const budgetTokens = 6000
const model = createExtractiveModel()

/** Questions and documents of a folder. */
export function readSet(folder) {
  return {
    queries: readLines(join(folder, 'queries.jsonl')),
    byId: new Map(readLines(join(folder, 'corpus.jsonl')).map((document) => [document.id, document])),
  }
}

/** One question, with what was retrieved for it: features, the answer, and how right it is where that is known. */
export async function ask({ byId }, query, { passages: retrieved, signals }) {
  const { messages, passages } = ragPrompt({ question: query.text, passages: retrieved, budgetTokens })
  const { content } = await model.doGenerate({ prompt: messages })
  const text = content.map((part) => part.text ?? '').join('')
  const answer = citeClaims({ answer: text, passages })
  const quotes = answer.citations.map(({ document_id, source, start, end }) => {
    const passage = passages.find((each) => each.document_id === document_id && each.start <= start && each.end >= end)
    return { document: source, text: passage.content.slice(start - passage.start, end - passage.start) }
  })
  return {
    features: evidenceFeatures({ question: query.text, passages, retrieval: signals }),
    answer,
    isAbstained: isAbstention(text),
    ...against(query, text, quotes, byId),
  }
}

/** Against the accepted answers of a question, or the evidence sentences of a claim. */
function against({ answers = [], doc, evidence = [] }, text, quotes, byId) {
  const holds = (quote) => quote.document === doc && answers.some((answer) => quote.text.includes(answer))
  const sentences = evidence.flatMap(({ doc: document, sentences: places }) => {
    const whole = byId.get(document)?.text ?? ''
    const spans = sentencesOf(whole)
    return places.flatMap((at) =>
      spans[at] === undefined ? [] : [{ document, text: whole.slice(spans[at].start, spans[at].end) }],
    )
  })
  const touches = (quote, { document, text: sentence }) =>
    quote.document === document && (quote.text.includes(sentence) || sentence.includes(quote.text))
  return {
    f1: wordF1(text, answers),
    holdsAnswer: answers.some((answer) => text.includes(answer)),
    citations: quotes.length,
    citationsWithAnswer: quotes.filter(holds).length,
    evidence: sentences.length,
    evidenceFound: sentences.filter((sentence) => quotes.some((quote) => touches(quote, sentence))).length,
  }
}
