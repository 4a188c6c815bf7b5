/** Figures in text: numbers with what they count. @module */

export interface Figure {
  /** As it is written, such as `400 hours`, `$1,250` or `12.5 %`. */
  readonly text: string
  readonly value: number
  /** What it counts, in lower case and singular: `hour`, `$`, `%`; empty where nothing is said. */
  readonly unit: string
  /** The sentence that it stands in. */
  readonly sentence: string
}

const currency = '[$€£¥]'
const number = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`
const pattern = new RegExp(
  String.raw`(?<![\p{L}\p{N}_.,-])(?:(${currency})\s?)?(${number})(?:\s?(%|percent\b|${currency})|\s(?:(million|billion|thousand)\s?)?(\p{L}{2,}))?`,
  'giu',
)
const scales: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9 }
/** Words behind a number that it doesn't count. */
const noUnit = new Set([
  'and',
  'or',
  'in',
  'on',
  'at',
  'to',
  'of',
  'is',
  'was',
  'are',
  'were',
  'by',
  'from',
  'with',
  'for',
  'as',
  'per',
  'the',
  'it',
  'but',
  'than',
  'then',
  'has',
  'had',
  'have',
  'will',
  'when',
  'which',
  'who',
])
const year = /^(?:1[5-9]|20)\d\d$/

/** The figures of a text in its order, each once a sentence. Markers of citations such as [1] are none. */
export function figuresIn(text: string): readonly Figure[] {
  const plain = text.replaceAll(/\s?\[\d+\]/g, '')
  return plain
    .split(/(?<=[.!?])\s+(?=[\p{Lu}\p{N}"“])|\n+/u)
    .flatMap((sentence) => [...sentence.matchAll(pattern)].map((match) => figureOf(match, sentence.trim())))
    .filter(
      (figure, index, all) =>
        all.findIndex((other) => other.text === figure.text && other.sentence === figure.sentence) === index,
    )
}

function figureOf(match: RegExpMatchArray, sentence: string): Figure {
  const [, before = '', digits = '', behind = '', between = '', last = ''] = match
  // "4 million" counts nothing but what stands before it.
  const scale = between || (last.toLowerCase() in scales ? last : '')
  const word = last === scale || noUnit.has(last.toLowerCase()) ? '' : last
  const counted = year.test(digits) && before === '' && scale === '' ? '' : word
  const left = counted === '' && last !== scale ? last.length : 0
  const text = match[0].slice(0, match[0].length - left).trim()
  const value = Number(digits.replaceAll(',', '')) * (scales[scale.toLowerCase()] ?? 1)
  const unit = before || (/^percent$/i.test(behind) ? '%' : behind) || singular(counted.toLowerCase())
  return { text, value, unit, sentence }
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
