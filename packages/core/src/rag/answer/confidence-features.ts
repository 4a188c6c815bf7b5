/** What speaks for and against there being an answer, as numbers that mean the same for every question. @module */
import { termOf } from '../../search/analysis.ts'
import type { Passage } from '../passage.ts'
import { type Evidence, read, readEvidence, type Said } from './evidence.ts'
import { opposed } from './opposites.ts'
import { type AnswerKind, answerKindOf, fitOf, namingTerms, placesOf } from './question.ts'
import type { RetrievalSignals } from './retrieval-signals.ts'
import { isNegated, namesIn } from './support.ts'

/** All between 0 and 1. */
export interface EvidenceFeatures {
  /** The best passage's share of what the question's words weigh in the whole index. */
  readonly lexical: number
  /** Of the question's information, what one passage has; the best does. */
  readonly passage: number
  /** The same of the best sentence with its neighbours. */
  readonly window: number
  /** How much the most telling word tells that the best sentence lacks, 1 for one that no sentence has. */
  readonly missing: number
  /** Of neighbouring words of the question, the share that stand close together there. */
  readonly pairs: number
  /** Of the question's names and of its numbers, the share that is there; 1 without any. */
  readonly names: number
  readonly numbers: number
  /** 1 when the question denies something and the evidence nothing. */
  readonly denial: number
  /** 1 when the evidence has the opposite of a word of the question instead of it. */
  readonly opposite: number
  /** Of the five best by vectors, the share that is among the ten best by words; what is usual where nobody says. */
  readonly agreement: number
  /**
   * How close to a word of the question the best sentence has the kind of thing that is asked for: 1 within four words, 0 where it has
   * none; 0.5 where rules can't tell.
   */
  readonly fit: number
}

/** Of questions that have an answer in what was found. */
const usualAgreement = 0.4

/** The features of a question and what was found for it; nothing of them depends on an answer. */
export function evidenceFeatures(input: {
  readonly question: string
  /** As the model is shown them. */
  readonly passages: readonly Passage[]
  readonly retrieval: RetrievalSignals
}): EvidenceFeatures {
  const { question, passages, retrieval } = input
  const evidence = readEvidence(passages)
  const asked = read(question)
  const share = shareIn(asked, evidence)
  const kind = answerKindOf(question)
  const best = bestPlace(
    evidence,
    (sentence, around) => share(sentence.terms) + 0.3 * share(around) + 0.15 * fitOf(kind, question, sentence.text),
  )
  const window = read(best.around.map(({ text }) => text).join(' '))
  const about = evidence.about[best.passage] ?? new Set<string>()
  const passage = Math.max(0, ...evidence.sentences.map((sentences) => share(termsOfAll(sentences))))
  return {
    lexical: retrieval.lexical ?? passage,
    passage,
    window: share(window.terms),
    missing: mostMissing(asked, best.sentence, evidence),
    pairs: pairsIn(asked, window),
    names: shareOf(namesIn(question), (name) => window.terms.has(name) || about.has(name)),
    numbers: shareOf([...asked.numbers], (number) => window.numbers.has(number)),
    denial: isNegated(question) && !isNegated(window.text) ? 1 : 0,
    opposite: opposed(asked.terms, window.terms) || denied(asked, window) ? 1 : 0,
    agreement: retrieval.agreement ?? usualAgreement,
    fit: best.sentence === undefined ? 0 : besideOf(kind, question, asked, best.sentence),
  }
}

/** Of what a question's words tell, the share that is in some terms; words that only name the kind of answer count little. */
function shareIn(asked: Said, { informationOf }: Evidence): (terms: ReadonlySet<string>) => number {
  const told = [...asked.terms].map((term) => ({ term, told: informationOf(term) * (namingTerms.has(term) ? 0.3 : 1) }))
  const total = told.reduce((sum, each) => sum + each.told, 0)
  return (terms) =>
    total === 0 ? 0 : Math.min(1, told.reduce((sum, each) => sum + (terms.has(each.term) ? each.told : 0), 0) / total)
}

/** Words that only name the kind of answer don't count. */
function mostMissing(asked: Said, sentence: Said | undefined, { informationOf }: Evidence): number {
  const lacking = [...asked.terms].filter((term) => !namingTerms.has(term) && !sentence?.terms.has(term))
  // A word that nobody knows is in no sentence.
  return Math.max(0, ...lacking.map(informationOf)) / informationOf('')
}

const denying = /^(?:un|in|im|ir|il|non|dis)(?=.{4})/u

/** Whether one of both has a word that the other has with a syllable before it that denies it: likely, unlikely. */
function denied(asked: Said, evidence: Said): boolean {
  const differ = (one: Said, two: Said): boolean =>
    one.words.some((word) => {
      const rest = word.replace(denying, '')
      return rest !== word && !two.terms.has(termOf(word)) && two.terms.has(termOf(rest)) && !one.terms.has(termOf(rest))
    })
  return differ(asked, evidence) || differ(evidence, asked)
}

function termsOfAll(said: readonly Said[]): ReadonlySet<string> {
  return new Set(said.flatMap(({ terms }) => [...terms]))
}

function shareOf(list: readonly string[], has: (item: string) => boolean): number {
  return list.length === 0 ? 1 : list.filter(has).length / list.length
}

interface Place {
  readonly passage: number
  readonly sentence: Said | undefined
  /** The sentence and its neighbours: what is meant by "he" or "it" often stands there. */
  readonly around: readonly Said[]
}

function bestPlace(evidence: Evidence, worthOf: (sentence: Said, around: ReadonlySet<string>) => number): Place {
  let best: Place = { passage: 0, sentence: undefined, around: [] }
  let most = -1
  evidence.sentences.forEach((sentences, passage) => {
    sentences.forEach((sentence, at) => {
      const around = sentences.slice(Math.max(0, at - 1), at + 2)
      const worth = worthOf(sentence, termsOfAll(around))
      if (worth <= most) return
      most = worth
      best = { passage, sentence, around }
    })
  })
  return best
}

/** How many words apart is close. */
const close = 4

/** The feature `fit` of the best sentence. */
function besideOf(kind: AnswerKind, question: string, asked: Said, sentence: Said): number {
  const found = placesOf(kind, question, sentence.text)
  if (found === undefined) return 0.5
  const telling = new Set([...asked.terms].filter((term) => !namingTerms.has(term)))
  const own = sentence.words.flatMap((word, at) => (telling.has(termOf(word)) ? [at] : []))
  const distances = found.flatMap((text) => {
    const [first] = read(text).words
    return sentence.words.flatMap((word, at) => (word === first ? own.map((place) => Math.abs(place - at)) : []))
  })
  return distances.length === 0 ? 0 : Math.min(1, close / Math.min(...distances))
}

function pairsIn(asked: Said, evidence: Said): number {
  const terms = asked.words.map(termOf).filter((term) => term !== '' && !namingTerms.has(term))
  const places = new Map<string, number[]>()
  evidence.words.forEach((word, at) => {
    const known = places.get(termOf(word))
    if (known === undefined) places.set(termOf(word), [at])
    else known.push(at)
  })
  const near = terms.slice(1).filter((term, at) => {
    const before = places.get(terms[at] ?? '') ?? []
    const own = places.get(term) ?? []
    return before.some((one) => own.some((two) => Math.abs(one - two) <= close))
  })
  return terms.length < 2 ? 0 : near.length / (terms.length - 1)
}
