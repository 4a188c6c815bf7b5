/** What is right for a question: how relevant each judged document is; 0 or absent is not at all. */
export type Judgements = ReadonlyMap<string, number>

/**
 * Normalised discounted cumulative gain over the first `cutoff` ranks, as trec_eval's ndcg_cut computes it: the gain of a document is its
 * grade, divided by log2(rank + 1), over the most that any ranking of the judged documents could have. Unjudged documents and grades
 * below 0 gain nothing. 0 where nothing is relevant. A document that stands twice counts once, at its first place.
 */
export function normalisedGain(ranking: readonly string[], judgements: Judgements, cutoff = 10): number {
  const ideal = [...judgements.values()].filter((grade) => grade > 0).sort((a, b) => b - a)
  const best = discounted(ideal.slice(0, cutoff))
  if (best === 0) return 0
  return discounted(firstPlaces(ranking, cutoff).map((document) => gradeOf(judgements, document))) / best
}

/** The share of the relevant documents that stand in the first `cutoff` ranks; 0 where nothing is relevant. */
export function recallAt(ranking: readonly string[], judgements: Judgements, cutoff: number): number {
  const relevant = [...judgements.values()].filter((grade) => grade > 0).length
  if (relevant === 0) return 0
  return firstPlaces(ranking, cutoff).filter((document) => gradeOf(judgements, document) > 0).length / relevant
}

/** One over the rank of the first relevant document; 0 where none is in the first `cutoff`. */
export function reciprocalRank(
  ranking: readonly string[],
  judgements: Judgements,
  cutoff: number = Number.POSITIVE_INFINITY,
): number {
  const index = firstPlaces(ranking, cutoff).findIndex((document) => gradeOf(judgements, document) > 0)
  return index < 0 ? 0 : 1 / (index + 1)
}

function gradeOf(judgements: Judgements, document: string): number {
  return Math.max(0, judgements.get(document) ?? 0)
}

function firstPlaces(ranking: readonly string[], cutoff: number): string[] {
  return [...new Set(ranking)].slice(0, cutoff)
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0)
}
