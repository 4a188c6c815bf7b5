import type { Span } from '../matches.ts'
import { type Hint, Hints, pattern } from './nearby-words.ts'

/**
 * Payment card numbers: of the ranges and lengths that issuers have, with a check digit that holds, in groups as cards are
 * written. Ranges that other numbers share, such as most of twelve digits, need a word about cards before them.
 */
export function* findPaymentCards(text: string, from: number): Generator<Span> {
  const hints = new Hints(text, cardWords, otherWords)
  candidate.lastIndex = from
  for (let match = candidate.exec(text); match !== null; match = candidate.exec(text)) {
    const start = match.index
    const end = cardEnd(text, hints, start, match[0])
    if (end === undefined) candidate.lastIndex = start + (/^\d+/.exec(match[0])?.[0].length ?? 1)
    else {
      yield { start, end }
      candidate.lastIndex = end
    }
  }
}

/** Digits in groups, with at most two signs or blanks between them; no number goes on before it. */
const candidate: RegExp = pattern(String.raw`(?<!<inWord>|\d[.:\/\-])\d{3,19}(?:(?:[ .·_\-]| - | {2})\d{1,13}){0,6}`, 'gv')

const follows: RegExp = pattern(String.raw`^(?:<inWord>|[.\-]\d|@)`, 'v')

function cardEnd(text: string, hints: Hints, start: number, run: string): number | undefined {
  const afterNumber = /\d[ ]$/.test(text.slice(Math.max(0, start - 2), start))
  const groups = [...run.matchAll(/\d+/g)]
  let digits = ''
  let best: number | undefined
  for (const [index, group] of groups.entries()) {
    digits += group[0]
    if (digits.length > 19) break
    if (digits.length < 12) continue
    const end = start + group.index + group[0].length
    const next = text.slice(end, end + 2)
    if (index === groups.length - 1 && follows.test(next)) continue
    const sizes = groups.slice(0, index + 1).map(([part]) => part.length)
    const rest = groups.slice(index + 1).map(([part]) => part.length)
    if (isCard(digits, sizes, rest, () => hints.before(start), afterNumber)) best = end
  }
  return best
}

function isCard(
  digits: string,
  sizes: readonly number[],
  rest: readonly number[],
  hinted: () => Hint,
  afterNumber: boolean,
): boolean {
  const certainty = brandOf(digits)
  if (certainty === undefined || !passesLuhn(digits) || /^(\d)\1+$/.test(digits)) return false
  const hint = hinted()
  const grouping = sizes.join('-')
  // What may follow in the same run: the month and year of expiry, and the code on the back.
  if (rest.some((size) => size > 4) || rest.length > 3) return false
  if (afterNumber && hint !== 'for' && certainty !== 'sure') return false
  if (sizes.length === 1) return certainty === 'sure' ? hint !== 'against' : hint === 'for'
  if (usualGroupings.has(grouping)) return certainty === 'sure' || hint === 'for'
  return hint === 'for' && sizes.every((size) => size >= 2)
}

const usualGroupings = new Set([
  '4-4-4-4',
  '4-6-5',
  '4-6-4',
  '4-4-4-4-3',
  '4-4-4-4-2',
  '4-4-4-3',
  '4-4-4-2',
  '4-4-5',
  '4-4-4-1',
  '4-4-4',
  '8-8',
  '4-5-6',
  '6-13',
])

/**
 * Issuer ranges and their lengths, as the networks publish them: sure where the number alone says enough, possible where other
 * numbers look like it.
 */
function brandOf(digits: string): 'sure' | 'possible' | undefined {
  const length = digits.length
  const two = Number(digits.slice(0, 2))
  const three = Number(digits.slice(0, 3))
  const four = Number(digits.slice(0, 4))
  if (digits.startsWith('4'))
    return length === 16 || length === 19 ? 'sure' : length !== 13 ? undefined : isArticle(digits) ? 'possible' : 'sure'
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) || (four >= 2200 && four <= 2204)) {
    if (length === 16) return 'sure'
    return four <= 2204 && length > 16 ? 'possible' : undefined
  }
  if (two === 34 || two === 37) return length === 15 ? 'sure' : undefined
  if ((three >= 300 && three <= 305) || three === 309 || two === 36 || two === 38 || two === 39)
    return length === 14 ? 'sure' : length >= 16 ? 'possible' : undefined
  if (four >= 3528 && four <= 3589) return length === 16 ? 'sure' : length > 16 ? 'possible' : undefined
  if (four === 1800 || four === 2131) return length === 15 ? 'sure' : undefined
  if (maestro.has(four)) return 'sure'
  if (four === 6011 || (three >= 644 && three <= 649) || two === 65 || two === 62 || two === 60 || two === 81 || two === 82)
    return length === 16 ? 'sure' : length > 16 ? 'possible' : two === 62 || two === 60 ? 'possible' : undefined
  if (two === 50 || (two >= 56 && two <= 58) || two === 63 || two === 67) return length === 16 ? 'sure' : 'possible'
  if (two >= 61 && two <= 69) return 'possible'
  return four === 9792 && length === 16 ? 'sure' : undefined
}

/** Of Maestro, which has twelve to nineteen digits. */
const maestro = new Set([5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763])

/** Whether the last digit checks the others (ISO/IEC 7812-1, annex B). */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, double = false; index >= 0; index--, double = !double) {
    const value = digits.charCodeAt(index) - 48
    sum += double ? (value > 4 ? value * 2 - 9 : value * 2) : value
  }
  return sum % 10 === 0
}

/** Whether it may be the number of an article (EAN-13), by its check digit. */
function isArticle(digits: string): boolean {
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return sum % 10 === 0
}

const cardWords =
  /cards?(?![a-z])|card[ _-]?(?:number|no|num|nr)|\bcc\b|credit|debit|visa|master ?card|\bmc\b|amex|american express|discover|diners|jcb|maestro|union ?pay|\bpan\b|carte|tarjeta|kart[ea]|kreditkarte|carta|cart[ãa]o|cb\b|kaart|\bcvv|карт|カード|卡/giu
const otherWords =
  /order|bestell|pedido|commande|invoice|tracking|shipment|parcel|\bimei|\bisbn|\bean\b|\bupc\b|gtin|barcode|serial|\bs\/n|\bsn\b|ticket|\bcase\b|reference|\bref\b|\bsku\b|part (?:no|number)|account|konto|meter|transaction|\btxn|booking|timestamp|\bts\b|epoch|session|\buser[_ ]?id|\biccid|\bsim\b|\bvin\b|waybill|awb|container|policy|\buuid|hash|checksum|batch|\blot\b|licen[cs]e|\bgift ?card/giu
