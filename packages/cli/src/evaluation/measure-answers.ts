import { answerOverlap, calibration, type DatasetQuestion, separation } from '@plinth/core'
import type { Client } from '../client.ts'
import { ProgressBar } from '../progress-bar.ts'
import { historyOf, mean, quantile } from './measure-retrieval.ts'

/** A figure is null where the questions tell nothing that it could be measured by. */
export interface AnswerFigures {
  readonly questions: number
  /** Words in common with a right answer, of questions that have one: the harmonic mean of precision and recall. */
  readonly f1: number | null
  /** Of the answers to such questions, the share with a right answer in them, and in what they cite. */
  readonly answer_contained: number | null
  readonly citation_contained: number | null
  /** Of the questions that have an answer, and of those that have none: the share that was refused. */
  readonly refused_answerable: number | null
  readonly refused_unanswerable: number | null
  /** Expected calibration error of the confidence, and how well it separates right from wrong. */
  readonly calibration_error: number | null
  readonly auroc: number | null
  readonly usd: number
  readonly p50_ms: number
  readonly p99_ms: number
}

interface Answer {
  readonly response: string
  readonly confidence: number
  readonly abstained: boolean
  readonly citations: readonly { readonly document_id: string; readonly start: number; readonly end: number }[]
  readonly usage: { readonly usd: number }
}

interface Asked {
  readonly question: DatasetQuestion
  readonly answer: Answer
  readonly cited: string
}

/** Asks every question for an answer. */
export async function measureAnswers(client: Client, questions: readonly DatasetQuestion[]): Promise<AnswerFigures> {
  const bar = new ProgressBar({ total: questions.length, label: 'questions' })
  const asked: Asked[] = []
  const times: number[] = []
  const texts = new Map<string, string>()
  for (const question of questions) {
    const began = performance.now()
    const body = { query: question.text, ...historyOf(question) }
    const answer = (await client.call('POST', '/api/rag/query', { body })) as Answer
    times.push(performance.now() - began)
    const spans: string[] = []
    for (const { document_id: id, start, end } of answer.citations) {
      const text = texts.get(id) ?? (await client.text(`/api/documents/${id}/text`))
      texts.set(id, text)
      spans.push(text.slice(start, end))
    }
    asked.push({ question, answer, cited: spans.join('\n') })
    bar.advance()
  }
  bar.end()
  const answerable = asked.filter(({ question }) => question.answerable)
  const withAnswers = answerable.filter(({ question }) => question.answers.length > 0)
  const given = withAnswers.filter(({ answer }) => !answer.abstained)
  const judged = asked
    .filter(({ question }) => !question.answerable || question.answers.length > 0)
    .map(({ question, answer }) => ({
      confidence: answer.confidence,
      right: question.answerable && holds(answer.response, question),
    }))
  return {
    questions: asked.length,
    f1: share(
      withAnswers.map(({ answer, question }) => (answer.abstained ? 0 : answerOverlap(answer.response, question.answers))),
    ),
    answer_contained: share(given.map(({ answer, question }) => Number(holds(answer.response, question)))),
    citation_contained: share(given.map(({ cited, question }) => Number(holds(cited, question)))),
    refused_answerable: refusedShare(answerable),
    refused_unanswerable: refusedShare(asked.filter(({ question }) => !question.answerable)),
    calibration_error: judged.length === 0 ? null : calibration(judged).error,
    auroc: separation(judged) ?? null,
    usd: asked.reduce((sum, { answer }) => sum + answer.usage.usd, 0),
    p50_ms: quantile(times, 0.5),
    p99_ms: quantile(times, 0.99),
  }
}

function holds(text: string, { answers }: DatasetQuestion): boolean {
  const lower = text.toLowerCase()
  return answers.some((answer) => lower.includes(answer.toLowerCase()))
}

function refusedShare(asked: readonly Asked[]): number | null {
  return share(asked.map(({ answer }) => Number(answer.abstained)))
}

function share(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values)
}
