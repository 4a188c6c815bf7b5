import { rerankGoverned } from '../gateway/governed-reranking.ts'
import { uuid } from '../ids.ts'
import type { ResolvedReranking } from '../language-model/catalogue.ts'
import { ModelFailure } from '../language-model/failure.ts'
import type { Uses } from '../scope/scope.ts'
import type { PassageText } from './retrieve/passage-words.ts'
import { rerankDepth } from './retrieve/rerank.ts'
import { filteredTexts } from './screen-passages.ts'

interface Ranked extends PassageText {
  readonly score: number
}

/**
 * Puts the first passages in a model's order, where there is one: their scores are the model's then. Passages that the tenant's
 * filters block aren't shown to it, and stand behind those that are; what stands behind them all keeps its order. Where the model fails
 * for now, or refuses what it is shown, the order stays as it was; metrics and the audit trail tell of it.
 * @returns `complete` unless it failed.
 * @throws ModelFailure of another kind; what rerankGoverned throws.
 */
export async function rerankByModel<Passage extends Ranked>(
  scope: Uses<'state' | 'models' | 'gate'>,
  asked: {
    readonly reranker: ResolvedReranking | undefined
    readonly query: string
    readonly passages: readonly Passage[]
    readonly signal: AbortSignal
  },
): Promise<{ readonly passages: readonly Passage[]; readonly complete: boolean }> {
  const { reranker: resolved, query, passages, signal } = asked
  if (!resolved || passages.length < 2) return { passages, complete: true }
  const given = passages.slice(0, rerankDepth).map(({ context, text }) => [context, text].join('\n').trim())
  const shown = (await filteredTexts(scope, given)).flatMap(({ text, blocked }, index) =>
    blocked === undefined && text !== '' ? [{ text, index }] : [],
  )
  if (shown.length < 2) return { passages, complete: true }
  const texts = shown.map(({ text }) => text)
  try {
    const { scores } = await rerankGoverned(scope, {
      ...{ id: uuid(scope.clock), resolved, query, texts, signal },
      what: 'rag.rerank',
    })
    return { passages: inOrder(passages, new Map(shown.map(({ index }, at) => [index, scores[at] ?? 0]))), complete: true }
  } catch (error) {
    if (!(error instanceof ModelFailure) || error.kind === 'permanent' || signal.aborted) throw error
    return { passages, complete: false }
  }
}

/** Those without a score of the model keep their order, a little below the last that has one. */
function inOrder<Passage extends Ranked>(passages: readonly Passage[], scores: ReadonlyMap<number, number>): readonly Passage[] {
  const least = Math.min(...scores.values())
  let place = 0
  return passages
    .map((passage, index) => ({ ...passage, score: scores.get(index) ?? least - 1e-3 * ++place }))
    .sort((one, other) => other.score - one.score)
}
