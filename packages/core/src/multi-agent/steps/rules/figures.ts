/** Figures in text: numbers with what they count. @module */

export interface Figure {
  /** As it is written, such as `400 hours`, `$1,250` or `12.5 %`. */
  readonly text: string
  readonly value: number
  /** What it counts, singular and in one form for what means the same: `hour`, `dollar`, `%`; empty where nothing is said. */
  readonly unit: string
  /** Where it stands in the text. */
  readonly start: number
}

const currency = String.raw`[$€£¥]|(?:EUR|USD|GBP|CHF|JPY)(?!\p{L})`
// A comma before one or two digits is a decimal sign: "4,50", "1.250,50".
const number = String.raw`\d{1,3}(?:\.\d{3})*,\d{1,2}(?!\d|,\d)|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`
const pattern = new RegExp(
  String.raw`(?<![\p{L}\p{N}_.,-])(?:(${currency})\s?)?(${number})(?:(k|m|bn)(?![\p{L}\p{N}])|\s?(%|percent\b|${currency})|\s?(kg|g|mg|lb|km|cm|mm|m|kW|W|GB|MB|TB|KB|h|min|s)(?![\p{L}\p{N}])|\s(?:(million|billion|thousand)\s?)?(\p{L}{2,})|(?![\p{L}\p{N}]))`,
  'giu',
)
const month =
  '(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)'
const date = new RegExp(
  String.raw`\b(?:\d{1,2}(?:st|nd|rd|th)?\s+${month}\.?(?:,?\s+\d{4})?|${month}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4})?|${month}\.?\s+\d{4}|\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2})\b`,
  'gu',
)
const scales: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9, k: 1e3, m: 1e6, bn: 1e9 }
/** Words behind a number that it doesn't count. */
const noUnit = new Set(
  'and or in on at to of is was are were by from with for as per the it its but than then has had have will when which who after before since until an if not this that'.split(
    ' ',
  ),
)
const oneForm: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['euro', '€', 'eur'],
    ['dollar', '$', 'usd'],
    ['pound sterling', '£', 'gbp'],
    ['yen', '¥', 'jpy'],
    ['franc', 'chf'],
    ['%', 'percent'],
    ['kg', 'kilogram', 'kilo', 'kilogramme'],
    ['g', 'gram', 'gramme'],
    ['t', 'ton', 'tonne'],
    ['m', 'metre', 'meter'],
    ['cm', 'centimetre', 'centimeter'],
    ['mm', 'millimetre', 'millimeter'],
    ['km', 'kilometre', 'kilometer'],
    ['hour', 'h', 'hr'],
    ['minute', 'min'],
    ['second', 's', 'sec'],
    ['kw', 'kilowatt'],
    ['w', 'watt'],
    ['person', 'people'],
  ].flatMap(([form = '', ...others]) => others.map((other) => [other, form])),
)

/** The figures of a text in its order, each once. Dates are none, nor are markers of citations such as [1]. */
export function figuresIn(text: string): readonly Figure[] {
  const blank = (found: string): string => ' '.repeat(found.length)
  const plain = text.replaceAll(/\[\d+\]/g, blank).replaceAll(date, blank)
  return [...plain.matchAll(pattern)]
    .map(figureOf)
    .filter((figure, index, all) => all.findIndex((other) => other.text === figure.text) === index)
}

/** From 1500 to 2099. */
export function isYear(text: string): boolean {
  return /^(?:1[5-9]|20)\d\d$/.test(text)
}

/** Dates as they are written. */
export function datesIn(text: string): readonly string[] {
  return [...text.matchAll(date)].map(([found]) => found)
}

function figureOf(match: RegExpMatchArray): Figure {
  const [whole, before = '', digits = '', suffix = '', behind = '', short = '', between = '', last = ''] = match
  // "4 million" counts nothing but what stands before it.
  const scale = suffix || between || (last.toLowerCase() in scales && last.length > 2 ? last : '')
  const word = last === scale || noUnit.has(last.toLowerCase()) ? '' : last
  const counted = isYear(digits) && before === '' && scale === '' ? '' : word
  const left = counted === '' && last !== scale ? last.length : 0
  const text = whole.slice(0, whole.length - left).trim()
  // "5 m" is a length, "$5m" five millions.
  const isLength = suffix.toLowerCase() === 'm' && before === ''
  const value = Number(plainOf(digits)) * (isLength ? 1 : (scales[scale.toLowerCase()] ?? 1))
  const unit = before || behind || short || (isLength ? 'm' : '') || counted
  return { text, value, unit: unitOf(unit), start: match.index ?? 0 }
}

function plainOf(digits: string): string {
  return /,\d{1,2}$/.test(digits) ? digits.replaceAll('.', '').replace(',', '.') : digits.replaceAll(',', '')
}

const money: ReadonlySet<string> = new Set(['euro', 'dollar', 'pound sterling', 'yen', 'franc'])

/** Whether these figures leave open what a single dot before three digits means: "4.800" beside "2,400", or of money. */
export function areUnclear(figures: readonly Figure[]): boolean {
  const isOpen = ({ text }: Figure): boolean => /(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?![\d.,])/.test(text)
  return figures.some(isOpen) && figures.some(({ text, unit }) => money.has(unit) || /\d,\d/.test(text))
}

function unitOf(word: string): string {
  const one = singular(word.toLowerCase())
  return oneForm[one] ?? one
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
