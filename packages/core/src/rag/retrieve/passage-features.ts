import type { Match, PassageWords } from './passage-words.ts'
import type { QuestionWords } from './question-words.ts'

/** How a passage fits a question beyond its count of words: each from 0 (not at all) to 1. */
export interface PassageFeatures {
  /** BM25 over stretches of four characters. */
  readonly forms: number
  /** Neighbours in the question that are neighbours here. */
  readonly pairs: number
  /** Terms that stand near each other. */
  readonly near: number
  /** Terms that title and headings hold. */
  readonly context: number
}

/** As BM25 uses them; the values that fit words fit grams. */
const saturation = 1.2
const lengthPart = 0.6
/** Terms further apart than so many matches aren't near. */
const lookBack = 8

/** Features of all passages together: a term counts for the more the fewer of them hold it. */
export function passageFeatures(question: QuestionWords, passages: readonly PassageWords[]): PassageFeatures[] {
  const held = passages.map((passage) => new Set([...passage.context, ...passage.matches.map((match) => match.term)]))
  const weights = rarity(question.termWeights, held)
  const grams = rarity(
    question.gramWeights,
    passages.map((passage) => passage.grams),
    0,
  )
  const averageLength = passages.reduce((sum, passage) => sum + passage.gramCount, 0) / passages.length
  return passages.map((passage) => ({
    forms: gramScore(passage, grams, averageLength),
    pairs: pairScore(passage.matches, question, weights),
    near: nearness(passage.matches, weights),
    context: share(passage.context, weights),
  }))
}

/** Inverse document frequency among the passages, times what the question gives it. `least` is for what all of them hold. */
function rarity(given: readonly number[], passages: readonly { has(item: number): boolean }[], least = 0.5): number[] {
  return given.map((weight, item) => {
    let holders = 0
    for (const passage of passages) if (passage.has(item)) holders++
    return weight * (least + Math.log(1 + (passages.length - holders + 0.5) / (holders + 0.5)))
  })
}

function gramScore(passage: PassageWords, weights: readonly number[], averageLength: number): number {
  const length = saturation * (1 - lengthPart + lengthPart * (passage.gramCount / Math.max(1, averageLength)))
  let score = 0
  for (const [gram, times] of passage.grams) score += ((weights[gram] ?? 0) * times) / (times + length)
  return score / (total(weights) || 1)
}

function pairScore(matches: readonly Match[], question: QuestionWords, weights: readonly number[]): number {
  const size = question.terms.size
  const times = new Map<number, number>()
  for (const [index, match] of matches.entries()) {
    const next = matches[index + 1]
    if (next?.position !== match.position + 1) continue
    const key = match.term * size + next.term
    if (question.pairs.has(key)) times.set(key, (times.get(key) ?? 0) + 1)
  }
  let score = 0
  let most = 0
  for (const [key, given] of question.pairs) {
    const weight = given * ((weights[Math.floor(key / size)] ?? 0) + (weights[key % size] ?? 0))
    const count = times.get(key) ?? 0
    score += (weight * count) / (count + 1)
    most += weight
  }
  return most === 0 ? 0 : score / most
}

function nearness(matches: readonly Match[], weights: readonly number[]): number {
  const size = weights.length
  const closest = new Map<number, number>()
  for (const [index, { term, position }] of matches.entries())
    for (let back = index - 1; back >= 0 && back >= index - lookBack; back--) {
      const other = matches[back]
      if (other === undefined || other.term === term) continue
      const key = Math.min(term, other.term) * size + Math.max(term, other.term)
      const distance = position - other.position
      if (distance < (closest.get(key) ?? Number.POSITIVE_INFINITY)) closest.set(key, distance)
    }
  let score = 0
  for (const [key, distance] of closest)
    score += Math.min(weights[Math.floor(key / size)] ?? 0, weights[key % size] ?? 0) / (distance + 1)
  const most = total(weights)
  // Each term can have several near it: so a bound only by and large.
  return most === 0 ? 0 : Math.min(1, score / most)
}

function share(terms: ReadonlySet<number>, weights: readonly number[]): number {
  let sum = 0
  for (const term of terms) sum += weights[term] ?? 0
  return sum / (total(weights) || 1)
}

function total(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0)
}
