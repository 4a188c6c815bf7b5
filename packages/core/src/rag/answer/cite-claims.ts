/** Tying each claim of an answer to the place in a source that says so (R39, R43). @module */
import type { Passage } from '../passage.ts'
import { type Claim, claimsOf } from './claims.ts'
import { type Evidence, read, readEvidence, type Said, type SourceSentence } from './evidence.ts'
import { supported, supportOf } from './support.ts'

/** As the contract has it: `claim_start` and `claim_end` index the answer, `start` and `end` the document's text. */
export interface Citation {
  readonly claim_start: number
  readonly claim_end: number
  readonly document_id: string
  readonly source: string
  readonly start: number
  readonly end: number
}

export interface CitedClaim extends Claim {
  /** How well its citations support it, or the best that was found would: 0 to 1. */
  readonly support: number
  readonly citations: readonly Citation[]
}

export interface CitedAnswer {
  /** In the order of the claims; only those whose span supports the claim. */
  readonly citations: readonly Citation[]
  readonly claims: readonly CitedClaim[]
  /** Documents that were marked for a claim and don't support it. */
  readonly dropped: number
  /** Of the claims by their length, how well they are supported: 0 to 1; 0 without claims. */
  readonly support: number
}

/** Longer answers are checked so far; what follows has no citations. */
const mostClaims = 200

/**
 * Finds for each claim the one or two sentences of the passages that support it best, first in the passages that the answer marks with
 * `[n]` (the first passage is [1]), then in all. A claim that stands word for word in a passage is cited there. What nothing supports
 * isn't cited, whatever the answer says.
 */
export function citeClaims(input: { readonly answer: string; readonly passages: readonly Passage[] }): CitedAnswer {
  const { answer, passages } = input
  const evidence = readEvidence(passages)
  let dropped = 0
  const claims = claimsOf(answer)
    .slice(0, mostClaims)
    .map((claim): CitedClaim => {
      const marked = claim.marked.map((number) => number - 1)
      const all = passages.map((_, at) => at)
      const said = read(claim.text)
      const own = marked.flatMap((at) => place(claim, said, at, passages, evidence) ?? [])
      const kept = own.filter(({ support }) => support >= supported)
      dropped += marked.length - kept.length
      if (kept.length > 0) return cited(claim, kept, passages)
      const others = all.flatMap((at) => place(claim, said, at, passages, evidence) ?? [])
      const [best, second] = [...others].sort((one, two) => two.support - one.support || one.passage - two.passage)
      if (best === undefined) return { ...claim, support: 0, citations: [] }
      if (best.support >= supported) return cited(claim, [best], passages)
      // Two sources may hold one half each.
      const both = second === undefined ? 0 : supportOf(said, join(best.said, second.said), evidence.informationOf)
      if (second !== undefined && both >= supported) return cited(claim, [best, second], passages, both)
      return { ...claim, support: best.support, citations: [] }
    })
  const length = claims.reduce((sum, { text }) => sum + text.length, 0)
  const support = claims.reduce((sum, claim) => sum + claim.support * claim.text.length, 0) / Math.max(1, length)
  return { citations: claims.flatMap(({ citations }) => citations), claims, dropped, support }
}

/** Where in a passage a claim may be supported. Offsets in its content. */
interface Place {
  readonly passage: number
  readonly start: number
  readonly end: number
  readonly support: number
  readonly said: Said
}

function cited(claim: Claim, places: readonly Place[], passages: readonly Passage[], support?: number): CitedClaim {
  const citations = places.flatMap(({ passage: at, start, end }): readonly Citation[] => {
    const passage = passages[at]
    if (passage === undefined) return []
    return [
      {
        claim_start: claim.start,
        claim_end: claim.end,
        document_id: passage.document_id,
        source: passage.source,
        start: passage.start + start,
        end: passage.start + end,
      },
    ]
  })
  return { ...claim, support: support ?? Math.max(...places.map((found) => found.support)), citations }
}

function place(claim: Claim, said: Said, at: number, passages: readonly Passage[], evidence: Evidence): Place | undefined {
  const passage = passages[at]
  const sentences = evidence.sentences[at] ?? []
  if (passage === undefined || sentences.length === 0) return undefined
  const quote = passage.content.indexOf(claim.text)
  if (quote >= 0) {
    const end = quote + claim.text.length
    const around = sentences.filter((sentence) => sentence.start < end && sentence.end > quote)
    const from = Math.min(quote, around[0]?.start ?? quote)
    return { passage: at, start: from, end: Math.max(end, around.at(-1)?.end ?? end), support: 1, said }
  }
  return bestWindow(said, at, sentences, evidence)
}

/** The sentence that supports the claim best; with its neighbour, if the two do so clearly better. */
function bestWindow(claim: Said, passage: number, sentences: readonly SourceSentence[], evidence: Evidence): Place | undefined {
  const about = evidence.about[passage] ?? new Set<string>()
  let best: Place | undefined
  sentences.forEach((sentence, at) => {
    const single = supportOf(claim, sentence, evidence.informationOf, about)
    if (best === undefined || single > best.support)
      best = { passage, start: sentence.start, end: sentence.end, support: single, said: sentence }
    const next = sentences[at + 1]
    if (next === undefined) return
    const both = join(sentence, next)
    const pair = supportOf(claim, both, evidence.informationOf, about)
    if (pair > best.support + 0.1) best = { passage, start: sentence.start, end: next.end, support: pair, said: both }
  })
  return best
}

function join(one: Said, two: Said): Said {
  return {
    text: `${one.text} ${two.text}`,
    words: [...one.words, ...two.words],
    terms: new Set([...one.terms, ...two.terms]),
    numbers: new Set([...one.numbers, ...two.numbers]),
  }
}
