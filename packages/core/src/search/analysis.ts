import { stemmer } from 'stemmer'
import { stopWords } from './stop-words.ts'

/** Longer words are cut here, in documents and questions alike. */
const longestWord = 64
/** So many words are remembered with their stems; then it begins anew. */
const rememberedWords = 100_000

/** What a character is to the scanner. */
const unknown = 0
const separator = 1
const letter = 2
const digit = 3
/** Of a script that puts no space between words. */
const unspaced = 4
/** Stands within codes and numbers, such as `PX-4711`, `2026-01-31` or `1,000`. */
const joiner = 5

/** Of each character, found out when it is first met. */
const kinds = new Uint8Array(0x110000)
const unspacedScripts =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Script=Thai}|\p{Script=Lao}|\p{Script=Khmer}|\p{Script=Myanmar}|ー/u
const han = /\p{Script=Han}/u
const letters = /[\p{L}\p{M}]/u
const digits = /\p{N}/u
const joiners = '-_./,:'

/**
 * Calls `visit` with each word of a text, in order: lower case, without accents (Latin), vowel points (Hebrew, Arabic) and forms of
 * writing that mean the same (NFKC). Scripts without spaces give pairs of neighbours, and Han its single characters, too. What holds a
 * digit, as `PX-4711`, gives its parts and itself without the joints: `px`, `4711`, `px4711`.
 */
export function scanWords(text: string, visit: (word: string) => void): void {
  const folded = fold(text)
  const { length } = folded
  let index = 0
  while (index < length) {
    const kind = kindAt(folded, index)
    if (kind === letter || kind === digit) index = scanSpaced(folded, index, visit)
    else if (kind === unspaced) index = scanUnspaced(folded, index, visit)
    else index += widthAt(folded, index)
  }
}

/** What a word is indexed as: its English stem; empty for stop words. */
export function termOf(word: string): string {
  const known = stems.get(word)
  if (known !== undefined) return known
  if (stopWords.has(word)) return ''
  // Numbers and codes have no stem. There is no end of them, so they aren't remembered either.
  if (!/^[a-z]{3,}$/.test(word)) return word
  const stem = stemmer(word)
  if (stems.size >= rememberedWords) stems.clear()
  stems.set(word, stem)
  return stem
}

const stems = new Map<string, string>()

/** The terms of a text, in order and as often as they stand there. */
export function termsOf(text: string): string[] {
  const found: string[] = []
  scanWords(text, (word) => {
    const term = termOf(word)
    if (term !== '') found.push(term)
  })
  return found
}

/** The terms of what is asked, each with what it weighs: the sum of the weights of the texts, as often as it stands there. */
export function queryTerms(texts: readonly { readonly text: string; readonly weight: number }[]): Map<string, number> {
  const weights = new Map<string, number>()
  for (const { text, weight } of texts) for (const term of termsOf(text)) weights.set(term, (weights.get(term) ?? 0) + weight)
  return weights
}

const beyondAscii = /[^\0-\x7f]/
const latinAccents = /(\p{Script=Latin})\p{Mn}+/gu
const vowelPoints = /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670]/g
const ligatures = /[ßæœøłđðþı]/g
const spelled: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}

function fold(text: string): string {
  if (!beyondAscii.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(latinAccents, '$1')
    .replace(vowelPoints, '')
    .normalize('NFC')
    .replace(ligatures, (character) => spelled[character] ?? character)
}

/** One word, or words and numbers that joints make a code of. @returns where it ends. */
function scanSpaced(text: string, start: number, visit: (word: string) => void): number {
  let digitSeen = false
  let parts = 0
  let end = start
  for (;;) {
    const from = end
    const kind = kindAt(text, from)
    if (kind === digit) digitSeen = true
    do end += widthAt(text, end)
    while (kindAt(text, end) === kind)
    visit(text.slice(from, Math.min(end, from + longestWord)))
    parts++
    const next = kindAt(text, end)
    // Where letters meet digits is a joint, too.
    if (next === letter || next === digit) continue
    if (next !== joiner || !isSpaced(kindAt(text, end + 1))) break
    end++
  }
  if (parts > 1 && digitSeen && end - start <= longestWord) visit(text.slice(start, end).replace(joints, ''))
  return end
}

// A point between digits stays: 3.14 isn't 314.
const joints = /[-_/,:]|(?<!\d)\.|\.(?!\d)/g

function isSpaced(kind: number): boolean {
  return kind === letter || kind === digit
}

/** A run of a script without spaces. @returns where it ends. */
function scanUnspaced(text: string, start: number, visit: (word: string) => void): number {
  let index = start
  let before = -1
  while (kindAt(text, index) === unspaced) {
    const end = index + widthAt(text, index)
    if (han.test(text.slice(index, end)) || (before < 0 && kindAt(text, end) !== unspaced)) visit(text.slice(index, end))
    if (before >= 0) visit(text.slice(before, end))
    before = index
    index = end
  }
  return index
}

function kindAt(text: string, index: number): number {
  const point = text.codePointAt(index)
  if (point === undefined) return separator
  let kind = kinds[point] as number
  if (kind === unknown) {
    kind = kindOf(String.fromCodePoint(point))
    kinds[point] = kind
  }
  return kind
}

function kindOf(character: string): number {
  if (joiners.includes(character)) return joiner
  if (unspacedScripts.test(character)) return unspaced
  if (digits.test(character)) return digit
  return letters.test(character) ? letter : separator
}

function widthAt(text: string, index: number): number {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1
}
