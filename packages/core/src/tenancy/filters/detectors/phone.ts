import type { Span } from '../matches.ts'
import { hintBefore, pattern } from './nearby-words.ts'
import { type NumberRun, readRun } from './number-runs.ts'
import { shapeOf } from './phone-shapes.ts'
import { otherNumberWords, phoneWords } from './phone-words.ts'

/**
 * Phone numbers as people of many countries write them. A plus with a calling code, an area code in brackets, a leading zero with
 * groups, and the form of North America stand alone. Other digits need a word about phones before them, and nothing nearer
 * that speaks of orders, amounts, dates and such.
 */
export function* findPhones(text: string, from: number): Generator<Span> {
  let previous = -1
  beginning.lastIndex = from
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    const lettered = take(withLetters, text, match.index)
    const run = readRun(text, match.index)
    const end = lettered === '' ? phoneEnd(text, run, previous) : match.index + lettered.length
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
  String.raw`(?<!<inWord>|[@&%$€£¥₹#\\]|\d[.:\/\-]|[A-Za-z][.\/\-])(?:\+\(?\d|\(\+?\d|\d)|(?<=\b(?:tel|fax|ph|mob|phone|mobile|cell|fon|тел)[.\-]|\bwa\.me\/|whatsapp\.com\/send\?phone=)(?:\+\d|\(\d|\d)`,
  'giv',
)
/** An extension behind a number. */
const extension =
  /,?\s?(?:\(?ext(?:ension|n)?\b[.:]?|x\.?(?=\s?\d)|poste|durchwahl|dw\.?|int\.?(?=\s\d)|#(?=\d))\s?[.:]?\s?\d{1,6}\)?(?!\d)/iy
/** A free number that spells a word. */
const withLetters =
  /(?:\+?1[-. ]?)?\(?8(?:00|33|44|55|66|77|88)\)?[-. ](?=[\dA-Z-]{7,9}(?![\w-]))(?=[\d-]*[A-Z])[A-Z\d]+(?:-[A-Z\d]+)?(?!\w)/y

function phoneEnd(text: string, run: NumberRun, previous: number): number | undefined {
  const hint = hintBefore(text, run.start, phoneWords, otherNumberWords)
  const behindNumber =
    /\d\s{1,2}$/.test(text.slice(Math.max(0, run.start - 3), run.start)) && !(previous >= 0 && run.start - previous <= 3)
  const behindComma = /\d,$/.test(text.slice(Math.max(0, run.start - 2), run.start))
  let likely: number | undefined
  for (let count = run.groups.length; count > 0; count--) {
    const groups = run.groups.slice(0, count)
    const end = groups.at(-1)?.end ?? 0
    const closed = groups.at(-1)?.bracketed ? end + 1 : end
    const joint = run.groups[count]?.joint
    if (joint !== undefined && !/[\s/]/.test(joint)) continue
    // Pairs that go on: a row of numbers.
    if (joint?.trim() === '' && [...groups, ...run.groups.slice(count, count + 1)].every(({ digits }) => digits.length === 2))
      continue
    if (joint === undefined && follows.test(text.slice(closed, closed + 3))) continue
    const shape = shapeOf(run.plus, groups)
    if (shape === 'none') continue
    if (shape === 'certain') return closed
    const spaced = groups.slice(1).every((group) => group.joint.trim() === '')
    const after = text.slice(closed, closed + 24)
    const extended = take(extension, text, closed) !== ''
    const spoken =
      hint === 'for' ||
      (hint === 'none' &&
        (saidAfter.test(after) || besideWide.test(text.slice(Math.max(0, run.start - 2), run.start) + after.slice(0, 2))))
    if (spaced && amountAfter.test(after)) continue
    if ((behindNumber || behindComma) && spaced && hint !== 'for') continue
    const direct = shape !== 'amount' || labelled.test(text.slice(Math.max(0, run.start - 40), run.start))
    if (direct && (spoken || extended || (shape === 'likely' && hint !== 'against'))) {
      if (!run.plus) return closed
      likely ??= closed
    }
  }
  return likely
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

function take(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at
  return sticky.exec(text)?.[0] ?? ''
}
