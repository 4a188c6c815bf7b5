import { type DatasetQuestion, type Judgements, normalisedGain, recallAt, reciprocalRank } from '@plinth/core'
import type { Client } from '../client.ts'
import { ProgressBar } from '../progress-bar.ts'

/** Means over the questions that have a right document. */
export interface RetrievalFigures {
  readonly questions: number
  readonly 'ndcg@10': number
  readonly 'recall@10': number
  readonly 'recall@100': number
  readonly mrr: number
  /** Of one question after the other, over HTTP, milliseconds. */
  readonly p50_ms: number
  readonly p99_ms: number
}

/** One question, with the documents that are found for it, best first. */
export interface Ranked {
  readonly question: DatasetQuestion
  readonly judgements: Judgements
  readonly ranking: readonly string[]
}

const most = 100

/** Asks every question that has a right document. @param fields what else is said with it. */
export async function rankAll(
  client: Client,
  questions: readonly DatasetQuestion[],
  judgements: ReadonlyMap<string, Judgements>,
  fields: object = {},
): Promise<{ readonly ranked: readonly Ranked[]; readonly times: readonly number[] }> {
  const asked = questions.filter(({ id }) => [...(judgements.get(id)?.values() ?? [])].some((grade) => grade > 0))
  const bar = new ProgressBar({ total: asked.length, label: 'questions' })
  const ranked: Ranked[] = []
  const times: number[] = []
  for (const question of asked) {
    const body = { query: question.text, top_k: most, ...historyOf(question), ...fields }
    const began = performance.now()
    const { results } = (await client.call('POST', '/api/rag/retrieve', { body })) as { results: { source: string }[] }
    times.push(performance.now() - began)
    const ranking = [...new Set(results.map(({ source }) => source))]
    ranked.push({ question, judgements: judgements.get(question.id) ?? new Map(), ranking })
    bar.advance()
  }
  bar.end()
  return { ranked, times }
}

/** The turns before a question, where it has some. */
export function historyOf({ history }: DatasetQuestion): object {
  return history.length === 0 ? {} : { history: history.filter(({ content }) => content !== '') }
}

export function retrievalFigures(ranked: readonly Ranked[], times: readonly number[]): RetrievalFigures {
  const over = (measure: (one: Ranked) => number): number => mean(ranked.map(measure))
  return {
    questions: ranked.length,
    'ndcg@10': over(({ ranking, judgements }) => normalisedGain(ranking, judgements, 10)),
    'recall@10': over(({ ranking, judgements }) => recallAt(ranking, judgements, 10)),
    'recall@100': over(({ ranking, judgements }) => recallAt(ranking, judgements, 100)),
    mrr: over(({ ranking, judgements }) => reciprocalRank(ranking, judgements)),
    p50_ms: quantile(times, 0.5),
    p99_ms: quantile(times, 0.99),
  }
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
