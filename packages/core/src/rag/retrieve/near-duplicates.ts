import { scanWords } from '../../search/analysis.ts'

/** A passage in the order of its rank. */
export interface RankedPassage {
  readonly document: string
  readonly version: string
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface DistinctOptions {
  /** So many are wanted; the rest isn't looked at. */
  readonly count: number
  /** The share of the shorter one's word triples that makes two passages the same. */
  readonly alike?: number
  /**
   * What likeness to one that is chosen costs a passage of its score, at most, when the next one is chosen: a little lets another subject
   * in where more of the same fits as well. 0: none.
   */
  readonly variety?: number
}

export interface Distinct<Ranked> {
  readonly passage: Ranked
  /** Those that say the same and were left out: not a support of its own, but a place where it stands, too. */
  readonly same: readonly Ranked[]
}

/** Half of the shorter one: more is the overlap of neighbouring chunks of which one is enough. */
const mostOverlap = 0.5
const shingleWords = 3

/**
 * The best passages, none of which says the same as another: a copy in another document, an older name of the same file, a neighbouring
 * chunk that shares half its text. The first of those alike is kept. Never adds, and keeps the order.
 */
export function distinctPassages<Ranked extends RankedPassage & { readonly score: number }>(
  ranked: readonly Ranked[],
  options: DistinctOptions,
): Distinct<Ranked>[] {
  const { count, alike = 0.9, variety = 0 } = options
  const chosen: {
    readonly rank: number
    readonly passage: Ranked
    readonly shingles: ReadonlySet<string>
    readonly same: Ranked[]
  }[] = []
  const waiting = ranked.map((passage, rank) => ({
    rank,
    passage,
    penalty: 0,
    shingles: undefined as ReadonlySet<string> | undefined,
  }))
  while (chosen.length < count && waiting.length > 0) {
    const index = variety === 0 ? 0 : bestOf(waiting)
    const [next] = waiting.splice(index, 1)
    if (next === undefined) break
    next.shingles ??= shinglesOf(next.passage.text)
    const { rank, passage, shingles } = next
    const twin = chosen.find(
      (one) =>
        overlapOf(one.passage, passage) > mostOverlap ||
        (shared(one.shingles, shingles) >= alike && addsNoDetail(passage.text, one.passage.text)),
    )
    if (twin !== undefined) {
      twin.same.push(passage)
      continue
    }
    chosen.push({ rank, passage, shingles, same: [] })
    if (variety > 0)
      for (const other of waiting) {
        other.shingles ??= shinglesOf(other.passage.text)
        other.penalty = Math.max(other.penalty, variety * shared(shingles, other.shingles))
      }
  }
  return chosen.sort((one, other) => one.rank - other.rank).map(({ passage, same }) => ({ passage, same }))
}

function bestOf(waiting: readonly { readonly passage: { readonly score: number }; readonly penalty: number }[]): number {
  let best = 0
  for (const [index, { passage, penalty }] of waiting.entries()) {
    const leader = waiting[best]
    if (leader && passage.score - penalty > leader.passage.score - leader.penalty) best = index
  }
  return best
}

/** Of the same version of a document: the share of the shorter one's characters that both hold. */
function overlapOf(one: RankedPassage, other: RankedPassage): number {
  if (one.document !== other.document || one.version !== other.version) return 0
  const common = Math.min(one.end, other.end) - Math.max(one.start, other.start)
  return common / Math.max(1, Math.min(one.end - one.start, other.end - other.start))
}

/** Word triples; of a shorter text all its words as one. */
function shinglesOf(text: string): ReadonlySet<string> {
  const words: string[] = []
  scanWords(text, (word) => words.push(word))
  if (words.length < shingleWords) return new Set([words.join(' ')])
  return new Set(words.slice(shingleWords - 1).map((word, index) => `${words[index]} ${words[index + 1]} ${word}`))
}

const wordOrFigure = /[\p{L}\p{M}\p{N}]+(?:[.,:'’-][\p{L}\p{M}\p{N}]+)*/gu
/** Has a digit, or begins with a capital letter. */
const isDetail = /\p{N}|^\p{Lu}/u

/** Whether a text has no figure or name that another lacks: forms of one kind, such as contracts, differ in these alone. */
function addsNoDetail(text: string, other: string): boolean {
  const known = new Set(other.match(wordOrFigure)?.map((word) => word.toLowerCase()))
  return (text.match(wordOrFigure) ?? []).every((word) => !isDetail.test(word) || known.has(word.toLowerCase()))
}

/** The share of the smaller set that the larger one holds, too. */
function shared(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one]
  let common = 0
  for (const shingle of small) if (large.has(shingle)) common++
  return common / Math.max(1, small.size)
}
