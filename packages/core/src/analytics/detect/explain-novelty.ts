import { measuredInWords, numberInWords, rangeInWords } from '../number-words.ts'
import { spanOf } from './words.ts'

/** Why a score is what it is. */
export interface Explanation {
  readonly kind: 'range' | 'season' | 'level' | 'variation' | 'trend' | 'silence' | 'category' | 'none'
  /** In plain words. */
  readonly reason: string
  /** Between what the value, or the mean of which the reason speaks, was expected to be. */
  readonly expected?: readonly [low: number, high: number]
}

/** The most surprising thing about a value. */
export interface Finding {
  /** 0: the value; 1 and 2: the mean and the spread of the last few; 3: the mean of many. */
  readonly view: number
  /** New for its time of day or week, not in all. */
  readonly isSeasonal: boolean
  readonly isWeekly: boolean
  /** The value, mean or spread. */
  readonly number: number
  readonly low: number
  readonly high: number
  readonly score: number
  /** For how long the field is known, milliseconds. */
  readonly known: number
  /** How many values the short mean and the spread are of. */
  readonly few: number
}

/** Of the range that would hold the value, so much is new: it lies as far outside as the range is wide. */
const far = 0.5

export function explainNovelty(finding: Finding): Explanation {
  const { view, isSeasonal, isWeekly, number, low, high, score, known, few } = finding
  if (view === 2) return { kind: 'variation', reason: variation(finding) }
  const usual = `(${between(low, high)})`
  const what =
    view === 0
      ? numberInWords(number)
      : `the mean of the last ${view === 1 ? few : 'hundred'} values, ${measuredInWords(number)},`
  const where = isSeasonal
    ? `is unusual for this time of ${isWeekly ? 'the week' : 'day'} ${usual}`
    : `is ${score >= far ? 'far ' : ''}${number > high ? 'above' : 'below'} anything seen in the last ${spanOf(known)} ${usual}`
  const kind = view === 0 ? (isSeasonal ? 'season' : 'range') : view === 1 ? 'level' : 'trend'
  return { kind, reason: sentence(`${what} ${where}`), expected: [low, high] }
}

function variation({ isSeasonal, isWeekly, number, low, high, known, few }: Finding): string {
  if (number === 0)
    return `The last ${few} values are the same, which is unusual: they varied by ${measuredInWords(low)} at least.`
  const spread = `the last ${few} values vary by ${measuredInWords(number)} (standard deviation)`
  const usual = between(low, high)
  if (isSeasonal) return sentence(`${spread}, which is unusual for this time of ${isWeekly ? 'the week' : 'day'} (${usual})`)
  return sentence(`${spread}, ${number > high ? 'more' : 'less'} than ever in the last ${spanOf(known)} (${usual})`)
}

function between(low: number, high: number): string {
  return `${low === high ? 'always ' : ''}${rangeInWords([low, high])}`
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}
