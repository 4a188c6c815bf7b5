/** Tying each claim of an answer to the place in a source that says so (R39, R43). @module */
import type { Passage } from '../passage.ts'
import { type Claim, claimsOf } from './claims.ts'
import { type Evidence, read, readEvidence, type Said, type SourceSentence } from './evidence.ts'
import type { Span } from './sentences.ts'
import { supported, supportOf } from './support.ts'

/** As the contract has it: `claim_start` and `claim_end` index the answer, `start` and `end` the document's text. */
export interface Citation {
  readonly claim_start: number
  readonly claim_end: number
  readonly document_id: string
  readonly source: string
  /** Of the text that `start` and `end` index: a document of another one has changed since. Absent in what was kept before it was told. */
  readonly revision?: string
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
const mostClaims = 100

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
      const [first, second] = [...others].sort((one, two) => two.support - one.support || one.passage - two.passage)
      if (first === undefined) return { ...claim, support: 0, citations: [] }
      if (first.support >= supported) return cited(claim, [first], passages)
      // Two sources may hold one half each.
      const both = second === undefined ? 0 : supportOf(said, join(first.said, second.said), toldBy(evidence))
      if (second !== undefined && both >= supported) return cited(claim, [first, second], passages, both)
      return { ...claim, support: first.support, citations: [] }
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
        ...(passage.revision === undefined ? {} : { revision: passage.revision }),
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

/**
 * What a word of a claim counts. Among few sentences, one that they lack tells several times as much as those that they have, and a
 * single word said otherwise would outweigh the rest of the claim; hence something for each.
 */
function toldBy({ informationOf }: Evidence): (term: string) => number {
  return (term) => 1 + informationOf(term)
}

/** How much better two sentences must be than one to be cited in its place. */
const worthASecond = 0.1

/** The sentence that supports the claim best; or the best two neighbours, if they do so clearly better. */
function bestWindow(claim: Said, passage: number, sentences: readonly SourceSentence[], evidence: Evidence): Place | undefined {
  const about = evidence.about[passage]
  const placeOf = ({ start }: Span, { end }: Span, said: Said): Place => {
    return { passage, start, end, said, support: supportOf(claim, said, toldBy(evidence), about) }
  }
  const single = best(sentences.map((sentence) => placeOf(sentence, sentence, sentence)))
  if (single === undefined || single.support > 1 - worthASecond) return single
  const pairs = sentences.slice(1).map((sentence, at) => {
    const before = sentences[at] ?? sentence
    return placeOf(before, sentence, join(before, sentence))
  })
  const pair = best(pairs)
  return pair !== undefined && pair.support > single.support + worthASecond ? pair : single
}

/** The first of the best supported. */
function best(places: readonly Place[]): Place | undefined {
  return places.reduce<Place | undefined>(
    (most, one) => (most === undefined || one.support > most.support ? one : most),
    undefined,
  )
}

function join(one: Said, two: Said): Said {
  return {
    text: `${one.text} ${two.text}`,
    words: [...one.words, ...two.words],
    terms: new Set([...one.terms, ...two.terms]),
    numbers: new Set([...one.numbers, ...two.numbers]),
  }
}
