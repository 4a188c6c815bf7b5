import { rerankGoverned } from '../gateway/governed-reranking.ts'
import { uuid } from '../ids.ts'
import type { ResolvedReranking } from '../language-model/catalogue.ts'
import { ModelFailure } from '../language-model/failure.ts'
import type { Uses } from '../scope/scope.ts'
import type { PassageText } from './retrieve/passage-words.ts'
import { filteredTexts } from './screen-passages.ts'

/** The configured model that reranks, where there is one that this tenant may use. */
export function rerankingModelOf({ models }: Uses<'models'>): ResolvedReranking | undefined {
  return models.resolveReranking?.()
}

interface Ranked extends PassageText {
  readonly score: number
}

/**
 * Puts the first passages in a model's order, where one is configured: their scores are the model's then. Passages that the tenant's
 * filters block aren't shown to it, and stand behind those that are; what stands behind them all keeps its order. Where the model fails
 * for now, or refuses what it is shown, the order stays as it was; metrics and the audit trail tell of it.
 * @returns `complete` unless it failed.
 * @throws ModelFailure of another kind; what rerankGoverned throws.
 */
export async function rerankByModel<Passage extends Ranked>(
  scope: Uses<'state' | 'models' | 'gate'>,
  asked: { readonly query: string; readonly passages: readonly Passage[]; readonly depth: number; readonly signal: AbortSignal },
): Promise<{ readonly passages: readonly Passage[]; readonly complete: boolean }> {
  const { query, passages, depth, signal } = asked
  const resolved = rerankingModelOf(scope)
  if (!resolved || passages.length < 2) return { passages, complete: true }
  const given = passages.slice(0, depth).map(({ context, text }) => [context, text].join('\n').trim())
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
    .map((passage, index) => {
      const score = scores.get(index)
      return { ...passage, score: score ?? least - 1e-3 * ++place }
    })
    .map((passage, index) => ({ passage, index }))
    .sort((one, other) => other.passage.score - one.passage.score || one.index - other.index)
    .map(({ passage }) => passage)
}
