import type { SearchQuery } from '../ports/search-index.ts'
import { queryTerms } from './analysis.ts'
import type { LexicalSegment } from './lexical-segment.ts'
import type { LexicalPart } from './parts.ts'
import { segmentRows } from './segment-rows.ts'
import { hashText } from './text-hash.ts'
import { TopRows } from './top-rows.ts'
import { type Mask, type Place, type Ranked, rankedOf, type View } from './view.ts'

/** BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with the inverse frequency of Lucene, above 0. */
const saturation = 1.2
const lengthWeight = 0.75
/** Further words of a question don't count. */
const mostTerms = 1_024

// Searches run one after the other, so they share this.
const scores = new Float64Array(segmentRows)

interface Word {
  /** What it asks for, times how rare it is, times what a count can reach at most. */
  readonly weight: number
  /** Its place in each part's segment, -1 where it isn't. */
  readonly terms: Int32Array
}

/** A question's words, weighed for a view. */
export class WordScores {
  /** The most that a chunk could have. */
  readonly bound: number
  readonly #view: View
  readonly #words: readonly Word[]
  readonly #lengths: LengthScores

  constructor(view: View, texts: SearchQuery['texts']) {
    this.#view = view
    this.#lengths = lengthScoresOf(view)
    const words: Word[] = []
    let bound = 0
    for (const [text, asked] of [...queryTerms(texts)].slice(0, mostTerms)) {
      const terms = termPlaces(view, text)
      const frequency = terms.reduce((sum, term, index) => sum + liveRows(view.lexical[index], term), 0)
      const rarity = Math.log(1 + (view.chunks - frequency + 0.5) / (frequency + 0.5))
      const weight = asked * rarity * (saturation + 1)
      bound += weight
      if (frequency > 0) words.push({ weight, terms })
    }
    this.bound = view.chunks === 0 ? 0 : bound
    this.#words = words
  }

  /** The best of all parts, in no order. */
  best(mask: Mask, limit: number): Ranked[] {
    const { lexical } = this.#view
    const top = new TopRows(limit, lexical)
    for (const [index, part] of lexical.entries()) {
      if (this.#add(part.segment, index)) offerScores(part, index, mask.get(part.slot), top)
    }
    return Array.from(top.entries(), ({ part, row, score }) => rankedOf({ part: lexical[part] as LexicalPart, row }, score))
  }

  /** What one chunk has; 0 without any of the words. The same, to the last bit, as among the best. */
  score({ part, row }: Place<LexicalPart>): number {
    const index = this.#view.lexical.indexOf(part)
    const length = part.segment.lengths[row] ?? 0
    const norm = this.#lengths.norms[length] ?? 0
    const once = this.#lengths.once[length] ?? 0
    let score = 0
    for (const { weight, terms } of this.#words) {
      const term = terms[index] ?? -1
      if (term < 0) continue
      const count = part.segment.count(term, row)
      if (count > 0) score += count === 1 ? weight * once : (weight * count) / (count + norm)
    }
    return score
  }

  /** @returns whether any word is there. */
  #add(segment: LexicalSegment, index: number): boolean {
    let any = false
    for (const { weight, terms } of this.#words) {
      const term = terms[index] ?? -1
      if (term < 0) continue
      any = true
      addTerm(segment, term, weight, this.#lengths)
    }
    return any
  }
}

/** Offers what was added up, and leaves nothing of it for the next. */
function offerScores({ documents }: LexicalPart, index: number, allowed: Uint8Array | undefined, top: TopRows): void {
  const { documentOf } = documents
  let { threshold } = top
  for (let row = 0; row < documentOf.length; row++) {
    const score = scores[row] as number
    if (score === 0) continue
    scores[row] = 0
    if (score < threshold || (allowed && allowed[documentOf[row] as number] === 0)) continue
    top.offer(score, index, row)
    threshold = top.threshold
  }
}

// Its own function, so that the engine makes fast code of it.
function addTerm(segment: LexicalSegment, term: number, weight: number, { norms, once }: LengthScores): void {
  const { rows, counts, lengths } = segment
  const start = segment.rowsAt[term] as number
  const middle = start + segment.singles(term)
  const end = segment.rowsAt[term + 1] as number
  for (let at = start; at < middle; at++) {
    const row = rows[at] as number
    scores[row] = (scores[row] as number) + weight * (once[lengths[row] as number] as number)
  }
  const shift = (segment.countsAt[term] as number) - middle
  for (let at = middle; at < end; at++) {
    const row = rows[at] as number
    const count = counts[at + shift] as number
    scores[row] = (scores[row] as number) + (weight * count) / (count + (norms[lengths[row] as number] as number))
  }
}

/** What a chunk's length does to its scores. */
interface LengthScores {
  /** By length, what is added to a count below the line. */
  readonly norms: Float64Array
  /** What a word that stands once has of its weight: most do, and dividing takes longest. */
  readonly once: Float64Array
}

/** Of views that were searched. */
const lengthScores = new WeakMap<View, LengthScores>()

function lengthScoresOf(view: View): LengthScores {
  let known = lengthScores.get(view)
  if (!known) {
    const share = (saturation * lengthWeight) / view.meanLength
    known = { norms: new Float64Array(65_536), once: new Float64Array(65_536) }
    for (let length = 0; length < known.norms.length; length++) {
      const norm = saturation * (1 - lengthWeight) + share * length
      known.norms[length] = norm
      known.once[length] = 1 / (1 + norm)
    }
    lengthScores.set(view, known)
  }
  return known
}

const scratch = new Uint32Array(2)

function termPlaces(view: View, text: string): Int32Array {
  hashText(text, scratch)
  const [high = 0, low = 0] = scratch
  return Int32Array.from(view.lexical, ({ segment }) => segment.term(high, low))
}

/** In how many chunks that weren't removed a term stands: so that removing and merging give the same numbers. */
function liveRows(part: LexicalPart | undefined, term: number): number {
  if (!part || term < 0) return 0
  const { segment, removed } = part
  if (!removed) return segment.postings(term)
  const { documentOf } = segment.documents
  let live = 0
  for (let at = segment.rowsAt[term] ?? 0; at < (segment.rowsAt[term + 1] ?? 0); at++)
    if (removed[documentOf[segment.rows[at] ?? 0] ?? 0] === 0) live++
  return live
}
