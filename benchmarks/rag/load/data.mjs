/**
 * The same data for all: chunk, vector and question of a number are the same in every process, so nothing has to be stored or shared.
 * Words follow Zipf's law (as Mandelbrot wrote it), the commonest being English stop words; vectors lie around a thousand centres.
 * @module
 */

export const dimensions = 512
export const chunksOfDocument = 20
export const documentsOfGroup = 20

const centres = 1_000
/** How far a vector is from its centre, whose length is 1: two of a centre have a cosine of 0.55. */
const spread = 0.9
const words = 1_000_000
/** Of the law's two numbers, those with which texts have about as many different words as abstracts of papers do. */
const steepness = 1.5
const shift = 35
const sentencesOfChunk = 8
const wordsOfSentence = 12
/** Numbers of questions' vectors: beyond all chunks. */
const questionsFrom = 2 ** 31

/** Words that are left out by those who leave out stop words; most of them on every list. */
export const stopWords =
  `the of and to in is for that it as was with be by on not he i this are or his from at which but have an had they
  you were their all we can her has there been if more when will who so no she other its do them than these about what into only some
  could my now then such our over me most how after before through down should because each those too under same while own once here`.split(
    /\s+/,
  )

/** A document: its name, the number of its first chunk, its chunks with their offsets in its text. */
export function documentOf(number, chunks = chunksOfDocument) {
  const first = number * chunksOfDocument
  let end = -2
  return {
    name: `d${number}`,
    first,
    chunks: Array.from({ length: chunks }, (_, ordinal) => {
      const text = textOf(first + ordinal)
      const start = end + 2
      end = start + text.length
      return { start, end, text }
    }),
  }
}

/** A document as one text: its chunks are its paragraphs. */
export function textOfDocument(number) {
  return documentOf(number)
    .chunks.map(({ text }) => text)
    .join('\n\n')
}

/** Groups of documents that have so many chunks in all. */
export function* groupsOf(size) {
  const documents = Math.ceil(size / chunksOfDocument)
  for (let from = 0; from < documents; from += documentsOfGroup) {
    yield Array.from({ length: Math.min(documentsOfGroup, documents - from) }, (_, at) => {
      const number = from + at
      return documentOf(number, Math.min(chunksOfDocument, size - number * chunksOfDocument))
    })
  }
}

/** A chunk's text: about a hundred words in eight sentences. */
export function textOf(number) {
  const random = randomOf(number, 1)
  const sentences = []
  for (let sentence = 0; sentence < sentencesOfChunk; sentence++) {
    const spoken = []
    for (let word = 0; word < wordsOfSentence; word++) spoken.push(anyWord(random))
    const text = spoken.join(' ')
    sentences.push(`${text[0].toUpperCase()}${text.slice(1)}.`)
  }
  return sentences.join(' ')
}

/** A question: five words of some chunk, no stop words, among five stop words. */
export function questionOf(number, size) {
  const random = randomOf(questionsFrom + number, 2)
  const about = Math.floor((random() / 2 ** 32) * size)
  const said = textOf(about).toLowerCase().match(/\w+/g)
  const telling = said.filter((word) => !stopWords.includes(word))
  const asked = Array.from({ length: 5 }, () => telling[random() % telling.length])
  return {
    text: asked.flatMap((word) => [stopWords[random() % stopWords.length], word]).join(' '),
    vector: vectorOf(questionsFrom + number),
  }
}

export function questionsOf(count, size) {
  return Array.from({ length: count }, (_, number) => questionOf(number, size))
}

/** A vector of length 1. */
export function vectorOf(number) {
  const random = randomOf(number, 3)
  const centre = centreOf(random() % centres)
  const vector = new Float32Array(dimensions)
  let squares = 0
  for (let at = 0; at < dimensions; at += 2) {
    const bits = random()
    const one = centre[at] + spread * normals[bits & 0xffff]
    const other = centre[at + 1] + spread * normals[bits >>> 16]
    vector[at] = one
    vector[at + 1] = other
    squares += one * one + other * other
  }
  const length = Math.sqrt(squares)
  for (let at = 0; at < dimensions; at++) vector[at] /= length
  return vector
}

const knownCentres = new Map()
function centreOf(number) {
  let centre = knownCentres.get(number)
  if (!centre) {
    const random = randomOf(number, 4)
    centre = Float32Array.from({ length: dimensions }, () => normals[random() & 0xffff])
    knownCentres.set(number, centre)
  }
  return centre
}

/** Normally distributed numbers, each the sum of twelve even ones, scaled so that 512 of them have a length of 1. */
const normals = (() => {
  const random = randomOf(0, 5)
  return Float32Array.from({ length: 65_536 }, () => {
    let sum = -6
    for (let time = 0; time < 12; time++) sum += random() / 2 ** 32
    return sum / Math.sqrt(dimensions)
  })
})()

const spelled = []
const rarest = 1 - ((words + shift) / shift) ** (1 - steepness)
function anyWord(random) {
  const rank = Math.floor(shift * (1 - (random() / 2 ** 32) * rarest) ** (1 / (1 - steepness)) - shift)
  spelled[rank] ??= stopWords[rank] ?? spell(rank)
  return spelled[rank]
}

const consonants = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z', 'st', 'tr']
const vowels = ['a', 'e', 'i', 'o', 'u', 'ai', 'ou', 'er']
/** Two to four syllables, different for each rank. */
function spell(rank) {
  const syllables = consonants.length * vowels.length
  let word = ''
  let rest = rank
  do {
    const syllable = rest % syllables
    word += consonants[syllable >>> 3] + vowels[syllable & 7]
    rest = Math.floor(rest / syllables)
  } while (rest > 0 || word.length < 4)
  return word
}

/** Mulberry32: numbers of 32 bits. */
function randomOf(number, kind) {
  let state = Math.imul(number ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(kind, 0xc2b2ae35)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
