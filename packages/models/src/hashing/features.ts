/**
 * The features of a text, hashed into a vector: K. Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009). The sign
 * comes from the hash too, so that what collides evens out on average.
 * @module
 */
import { isStopWord, isUnspaced, stem } from '../extractive/words.ts'
import { hashStart, hashText, hashUnit, mixBits } from '../hash-text.ts'

/** Words, and pictures that stand for one. */
const token = /[\p{L}\p{M}\p{N}]+|\p{Extended_Pictographic}/gu
/** Longer ones are cut into pieces of so many UTF-16 code units. */
const longestWord = 48
const shortestGram = 3
const longestGram = 5
/** What a function word weighs: something, so that texts of nothing else differ. */
const stopWeight = 0.05

/** The words of a text in lower case, as they are counted: pairs of signs where a script puts no space between words. */
export function* wordsOf(text: string): Generator<string> {
  for (const [run] of text.matchAll(token)) {
    if (isUnspaced(run)) yield* pairs(run)
    else for (let at = 0; at < run.length; at += longestWord) yield run.slice(at, at + longestWord)
  }
}

/** Adds a word that was found so often. */
export function addWord(vector: Float64Array, word: string, count: number): void {
  // Sublinear: a word that comes ten times says little more than one that comes twice.
  const weight = 1 + Math.log(count)
  if (isStopWord(word)) add(vector, hashText(hashStart, word), weight * stopWeight)
  else {
    add(vector, hashText(hashStart, stem(word)), weight)
    // Together its parts weigh as much as the word.
    if (!isUnspaced(word)) addGrams(vector, `<${word}>`, weight)
  }
}

/** What a text without any word has, so that it has a direction too. */
export function addNothing(vector: Float64Array): Float64Array {
  add(vector, nothingSeed, 1)
  return vector
}

function* pairs(run: string): Generator<string> {
  let previous: string | undefined
  let single = true
  for (const sign of run) {
    if (previous !== undefined) {
      single = false
      yield previous + sign
    }
    previous = sign
  }
  if (single && previous !== undefined) yield previous
}

function addGrams(vector: Float64Array, marked: string, weight: number): void {
  const { length } = marked
  let grams = 0
  for (let size = shortestGram; size <= longestGram; size++) grams += Math.max(0, length - size + 1)
  const each = weight / Math.sqrt(grams)
  for (let from = 0; from + shortestGram <= length; from++) {
    let hash = gramSeed
    const end = Math.min(length, from + longestGram)
    for (let at = from; at < end; at++) {
      hash = hashUnit(hash, marked.charCodeAt(at))
      if (at - from >= shortestGram - 1) add(vector, hash, each)
    }
  }
}

// Features of other kinds than words start elsewhere.
const gramSeed = 0x1b873593
const nothingSeed = 0x2545f491

function add(vector: Float64Array, hash: number, weight: number): void {
  // FNV alone leaves the high bits alike.
  const mixed = mixBits(hash)
  const place = Math.floor(((mixed >>> 1) / 0x80000000) * vector.length)
  vector[place] = (vector[place] ?? 0) + ((mixed & 1) === 0 ? weight : -weight)
}
