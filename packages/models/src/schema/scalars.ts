/** Numbers and strings bent until they fit their schema. @module */
import { samplePattern } from './pattern.ts'
import { countOf, numberOf, type Schema } from './read.ts'

// Strings beyond this would be cut by the output limit anyway, and `minLength` comes from a caller.
const longest = 65_536

/** The bounds of a number. */
export interface Bounds {
  readonly least: number
  readonly most: number
  readonly integer: boolean
}

/** The bounds that a schema of type `type` sets; exclusive ones are given as they are. */
export function boundsOf(schema: Schema, type: string): Bounds {
  return {
    least: Math.max(numberOf(schema.minimum) ?? -Infinity, numberOf(schema.exclusiveMinimum) ?? -Infinity),
    most: Math.min(numberOf(schema.maximum) ?? Infinity, numberOf(schema.exclusiveMaximum) ?? Infinity),
    integer: type === 'integer',
  }
}

/** The number nearest to the wish that is valid for the schema. */
export function fitNumber(wish: number, schema: Schema, type: string): number {
  const { least, most, integer } = boundsOf(schema, type)
  const given = numberOf(schema.multipleOf)
  const step = given !== undefined && given > 0 ? given : integer ? 1 : undefined
  const above = numberOf(schema.exclusiveMinimum) === least
  const below = numberOf(schema.exclusiveMaximum) === most
  if (step === undefined) return between(Math.min(Math.max(wish, least), most), { least, most, above, below })
  const whole = integer && !Number.isInteger(step) ? step * denominator(step) : step
  const multiple = Math.round(wish / whole)
  const lowest = Math.ceil(least / whole - 1e-9) + (above && isMultiple(least, whole) ? 1 : 0)
  const highest = Math.floor(most / whole + 1e-9) - (below && isMultiple(most, whole) ? 1 : 0)
  return tidy(Math.max(Math.min(multiple, highest), lowest) * whole)
}

function isMultiple(value: number, step: number): boolean {
  return Number.isFinite(value) && Math.abs(value / step - Math.round(value / step)) < 1e-9
}

/** How many steps of a fraction make a whole number: 0.5 → 2. */
function denominator(step: number): number {
  for (let parts = 2; parts <= 1000; parts++) if (isMultiple(step * parts, 1)) return parts
  return 1 / step
}

// A multiple computed in floating point, such as 3 × 0.1, without its last stray digits; -0 becomes 0.
function tidy(value: number): number {
  return Number(value.toPrecision(15)) + 0
}

function between(
  value: number,
  { least, most, above, below }: Pick<Bounds, 'least' | 'most'> & { above: boolean; below: boolean },
): number {
  const low = above && value <= least
  const high = below && value >= most
  if (!low && !high) return value + 0
  if (Number.isFinite(least) && Number.isFinite(most)) return (least + most) / 2
  return low ? least + 1 : most - 1
}

/** Shapes of strings that schemas name: how to find one in a text, and one that is always right. */
export const formats: Readonly<Record<string, { readonly find: RegExp; readonly sample: string }>> = {
  'date-time': { find: /\b\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z/g, sample: '1970-01-01T00:00:00Z' },
  date: { find: /\b\d{4}-\d\d-\d\d\b/g, sample: '1970-01-01' },
  time: { find: /\b(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z/g, sample: '00:00:00Z' },
  duration: { find: /\bP(?:\d+[YMWD])+\b/g, sample: 'P0D' },
  email: { find: /\b[a-z0-9_]{1,64}@[a-z0-9]{1,60}\.[a-z]{2,20}\b/gi, sample: 'nobody@example.com' },
  hostname: { find: /\b[a-z0-9]{1,60}\.[a-z]{2,20}\b/gi, sample: 'example.com' },
  ipv4: { find: /\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b/g, sample: '0.0.0.0' },
  ipv6: { find: /\b(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b/gi, sample: '::1' },
  uri: { find: /\bhttps?:\/\/[a-z0-9.-]{1,100}\.[a-z]{2,20}(?:\/[\w/-]{0,100})?/gi, sample: 'https://example.com/' },
  uuid: {
    find: /\b[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/gi,
    sample: '00000000-0000-4000-8000-000000000000',
  },
}

/**
 * The wish as a string that is valid for the schema: cut to `maxLength`, filled up to `minLength`. Where the schema has a format, the
 * wish is taken only if it is of that format; where it has another pattern, a string read off the pattern takes its place.
 */
export function fitString(wish: string, schema: Schema): string {
  const { format, pattern } = schema
  const least = Math.min(countOf(schema.minLength) ?? 0, longest)
  const most = countOf(schema.maxLength) ?? Infinity
  const shape = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined
  if (shape !== undefined) return isWhole(shape.find, wish) ? wish : shape.sample
  if (typeof pattern === 'string') return samplePattern(pattern, least) ?? pad(cut(wish, most), least)
  return pad(cut(wish, most), least)
}

function isWhole(find: RegExp, text: string): boolean {
  return text.length <= 300 && text.match(find)?.[0] === text && isInCalendar(text)
}

/** False for text that begins with a day that doesn't exist, such as 30 February. */
function isInCalendar(text: string): boolean {
  const day = /^\d{4}-\d\d-\d\d/.exec(text)?.[0]
  if (day === undefined) return true
  const time = Date.parse(`${day}T00:00:00Z`)
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day)
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const signs = [...text.slice(0, most * 2 + 2)]
  if (signs.length <= most) return text
  const short = signs.slice(0, most).join('')
  const space = short.search(/\s+\S*$/)
  return space > short.length / 2 ? short.slice(0, space) : short
}

function pad(text: string, least: number): string {
  const missing = least - (text.length < least * 2 ? [...text].length : least)
  return missing > 0 ? text + '.'.repeat(missing) : text
}
