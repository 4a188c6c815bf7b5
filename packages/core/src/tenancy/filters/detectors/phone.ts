import type { Span } from '../matches.ts'
import { Hints, pattern } from './nearby-words.ts'
import { type DigitGroup, type NumberRun, readRun, take } from './number-runs.ts'
import { type Shape, shapeOf } from './phone-shapes.ts'
import { otherNumberWords, phoneWords } from './phone-words.ts'

/**
 * Phone numbers as people of many countries write them. A plus with a calling code, an area code in brackets, a leading zero with
 * groups, and the form of North America stand alone. Other digits need a word about phones before them, and nothing nearer
 * that speaks of orders, amounts, dates and such.
 */
export function* findPhones(text: string, from: number): Generator<Span> {
  const hints = new Hints(text, phoneWords, otherNumberWords)
  let previous = -1
  beginning.lastIndex = from
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    const lettered = take(withLetters, text, match.index)
    const run = readRun(text, match.index)
    const end = lettered === '' ? phoneEnd(text, hints, run, previous) : match.index + lettered.length
    if (end === undefined) {
      beginning.lastIndex = Math.max(match.index + 1, run.groups[0]?.end ?? 0)
      continue
    }
    previous = end + take(extension, text, end).length
    beginning.lastIndex = previous
    yield { start: match.index, end: previous }
  }
}

/** Where a number may begin: not within a word, a longer number, a path or an amount. */
const beginning: RegExp = pattern(
  String.raw`(?<!<inWord>|[@&%$€£¥₹#+\\]|\d[.:\/\-]|[A-Za-z][.\/\-])(?:\+\(?\d|\(\+?\d|\d)|(?<=\b(?:tel|fax|ph|mob|phone|mobile|cell|fon|тел)[.\-]|\bwa\.me\/|whatsapp\.com\/send\?phone=)(?:\+\d|\(\d|\d)`,
  'giv',
)
/** An extension behind a number. */
const extension =
  /,?\s?(?:\(?ext(?:ension|n)?\b[.:]?|x\.?(?=\s?\d)|poste|durchwahl|dw\.?|int\.?(?=\s\d)|#(?=\d))\s?[.:]?\s?\d{1,6}\)?(?!\d)/iy
/** A free number that spells a word. */
const withLetters =
  /(?:\+?1[-. ]?)?\(?8(?:00|33|44|55|66|77|88)\)?[-. ](?=[\dA-Z-]{7,9}(?![\w-]))(?=[\d-]*[A-Z])[A-Z\d]+(?:-[A-Z\d]+)?(?!\w)/y

/** The end of the longest number that begins where the run does; of a plus, the longest that its country's plan allows. */
function phoneEnd(text: string, hints: Hints, run: NumberRun, previous: number): number | undefined {
  let likely: number | undefined
  for (let count = mostGroups(run); count > 0; count--) {
    const groups = run.groups.slice(0, count)
    if (groups.reduce((sum, { digits }) => sum + digits.length, 0) > mostDigits) continue
    const last = groups.at(-1)
    const end = last === undefined ? run.start : last.bracketed ? last.end + 1 : last.end
    if (!mayEnd(text, end, groups, run.groups[count])) continue
    const shape = shapeOf(run.plus, groups)
    if (shape === 'certain') return end
    if (shape === 'none' || !isSpoken(text, hints, run.start, end, groups, shape, previous)) continue
    if (!run.plus) return end
    likely ??= end
  }
  return likely
}

/** No shape has more; most rows of numbers are passed over by it. */
const mostDigits = 17

/** How many groups can be one number at the most: a single digit stands between others only behind a prefix or a zero. */
function mostGroups({ plus, groups }: NumberRun): number {
  const lone = groups.findIndex(({ digits }, index) => index > 0 && digits.length === 1)
  return plus || lone < 0 || groups[0]?.digits.startsWith('0') ? groups.length : lone + 1
}

function mayEnd(text: string, end: number, groups: readonly DigitGroup[], next: DigitGroup | undefined): boolean {
  if (next === undefined) return !follows.test(text.slice(end, end + 3))
  if (!/[\s/]/.test(next.joint)) return false
  // Pairs that go on are a row of numbers.
  return next.joint.trim() !== '' || ![...groups, next].every(({ digits }) => digits.length === 2)
}

/** Whether what stands around it makes a number of this shape a phone number. */
function isSpoken(
  text: string,
  hints: Hints,
  start: number,
  end: number,
  groups: readonly DigitGroup[],
  shape: Shape,
  previous: number,
): boolean {
  const hint = hints.before(start)
  const before = text.slice(Math.max(0, start - 3), start)
  const after = text.slice(end, end + 24)
  if (groups.every((group, index) => index === 0 || group.joint.trim() === '')) {
    if (amountAfter.test(after)) return false
    const listed = previous >= 0 && start - previous <= 3
    if (hint !== 'for' && /\d,$|\d\s{1,2}$/.test(before) && !listed) return false
  }
  if (shape === 'amount' && !labelled.test(text.slice(Math.max(0, start - 40), start))) return false
  if (hint === 'for' || take(extension, text, end) !== '') return true
  return hint === 'none' && (shape === 'likely' || saidAfter.test(after) || besideWide.test(before.slice(-2) + after.slice(0, 2)))
}

/** What goes on as a longer number, a word, an address. */
const follows: RegExp = pattern(String.raw`^(?!x\d|,)(?:<inWord>|[@%°]|[.:\/\-](?:\d|[A-F]{2}(?![A-Z])))`, 'iv')
/** A word about phones with hardly anything between it and the number. */
const labelled =
  /(?:phone|telephone|tel|mobile|mobil|cell|fax|telefon|teléfono|téléphone|telefono|telefone|móvil|celular|handy|whatsapp|call|ring|dial)[\s.:="'-]*(?:(?:number|no|nr|num|is|at|on|me|us|ist|est|es|him|her|them)[\s.:="'-]*){0,3}$/iu
const amountAfter =
  /^\s?(?:%|€|\$|£|¥|₹|°|(?:usd|eur|gbp|chf|kr|zł|kč|руб|people|users|units|items|pieces|kg|km|m²|ms|mb|gb|bytes|tokens|rows|records|votes|euros?|dollars?|million|mio)\b)/iu
const saidAfter =
  /^[^\p{L}\p{N}]{0,3}(?:\(|-\s)?(?:(?:is|was) )?(?:(?:my|his|her|our|their|the|your) )?(?:\w{1,10} )?(?:phone|mobile|cell|tel\b|telephone|fax|whatsapp|landline|handy|office line)/iu
/** Chinese mobile numbers stand in their sentences without blanks. */
const besideWide = /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}]/u
