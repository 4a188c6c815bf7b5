/** Forms that many routes share: ids, times, pages. @module */
import { z } from 'zod'
import { InvalidInputError } from '../errors.ts'

/** Any RFC 3339 time, as milliseconds UTC. */
export const time: z.ZodType<number, string> = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const milliseconds = parseTime(text)
    if (milliseconds !== undefined) return milliseconds
    context.addIssue({
      code: 'custom',
      message: 'Must be an RFC 3339 time of the years 1970 to 9999, such as 2026-01-31T12:00:00Z.',
    })
    return z.NEVER
  })

const rfc3339 = /^\d{4}-\d\d-\d\dt([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i
const lastTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** UTC without or with milliseconds, as nearly every program writes it, but for the last days of a month. */
const usualTime = /^\d{4}-\d\d-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{3})?Z$/

/**
 * Any RFC 3339 time of the years 1970 to 9999, milliseconds UTC; letters of either case and leap seconds included (5.6), which count as the
 * next second. The usual form costs a fraction, as records of streams come by the hundred thousand.
 */
export function parseTime(text: string): number | undefined {
  const usual = usualTime.test(text) ? Date.parse(text) : Number.NaN
  return usual >= 0 ? usual : parseAnyTime(text)
}

function parseAnyTime(text: string): number | undefined {
  if (!rfc3339.test(text)) return undefined
  const leap = text.slice(17, 19) === '60'
  const plain = leap ? `${text.slice(0, 17)}59${text.slice(19)}` : text
  const parsed = Date.parse(plain.toUpperCase()) + (leap ? 1_000 : 0)
  // JavaScript takes the 30th of February for the 2nd of March.
  const day = Number(text.slice(8, 10))
  const exists = day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  return exists && parsed >= 0 && parsed <= lastTime ? parsed : undefined
}

/**
 * A text that is shown to people and compared by programs, of 1 to so many characters: without control characters, and without halves of
 * surrogate pairs, which no UTF-8 can say, so that several of them would turn into one and the same character.
 */
export function shownText(longest: number): z.ZodType<string, string> {
  return z.string().min(1).max(longest).refine(isShowable, notShowable)
}

/** A {@link shownText} that somebody types, such as a name: white space around it doesn't count. */
export function aName(longest = 200): z.ZodType<string, string> {
  return z.string().trim().min(1).max(longest).refine(isShowable, notShowable)
}

const notShowable = 'Must hold no control characters, and no halves of surrogate pairs.'

export function isShowable(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/** An id that a caller may choose. */
export const callerId: z.ZodType<string, string> = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,128}$/, 'Must be 1 to 128 letters, digits, dots, underscores, colons and hyphens.')

/** A number that a caller gives; whatever is wrong with it, what is taken is said whole. */
export function numberBetween(from: number, to: number): z.ZodNumber {
  const error = saying(`Must be a number from ${shown(from)} to ${shown(to)}.`)
  return z.number({ error }).min(from, { error }).max(to, { error })
}

/** The same without fractions. */
export function wholeNumber(from: number, to: number): z.ZodNumber {
  const error = saying(wholeWords(from, to))
  return z.number({ error }).int({ error }).min(from, { error }).max(to, { error })
}

/** The same in a query, where all is text. */
export function wholeNumberText(from: number, to: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,9}$/, wholeWords(from, to))
    .transform(Number)
    .pipe(wholeNumber(from, to))
}

function wholeWords(from: number, to: number): string {
  return `Must be a whole number from ${shown(from)} to ${shown(to)}.`
}

function shown(bound: number): string {
  return bound.toLocaleString('en')
}

/** What is missing is said so. */
function saying(words: string): (issue: { readonly input?: unknown }) => string | undefined {
  return ({ input }) => (input === undefined ? undefined : words)
}

/** How many tokens an answer may have at the most, as far as a form can know: a model has its own limit, and a tenant may have one. */
export const answerTokens: z.ZodNumber = wholeNumber(1, 1_000_000)

export interface PageQuery {
  readonly limit: number
  readonly after?: string | undefined
}

export const pageFields: { readonly limit: z.ZodType<number>; readonly after: z.ZodType<string | undefined> } = {
  limit: wholeNumberText(1, 1000).default(50),
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,2000}$/, 'Must be a next_cursor.')
    .optional(),
}

/** Names what a cursor is: the opaque, URL-safe form of where a page ended. */
export function toCursor(after: string | undefined): string | null {
  if (after === undefined) return null
  return btoa(after).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** @returns undefined for what no {@link toCursor} made. */
export function fromCursor(cursor: string): string | undefined {
  try {
    const text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
    // atob takes white space, padding and stray bits, too.
    return /^[\x1f-\x7e]{1,1500}$/.test(text) && toCursor(text) === cursor ? text : undefined
  } catch {
    return undefined
  }
}

/** Which page of a list a query asks for. @throws InvalidInputError for a cursor that no list gave. */
export function pageAskedFor({ limit, after: cursor }: PageQuery): { readonly limit: number; readonly after?: string } {
  if (cursor === undefined) return { limit }
  const after = fromCursor(cursor)
  if (after === undefined) throw wrongCursor()
  return { limit, after }
}

/** A page of what is at hand whole. @param nameOf what its cursor names. @throws InvalidInputError for a cursor that names none of it. */
export function pageOfAll<Item>(
  all: readonly Item[],
  query: PageQuery,
  nameOf: (item: Item) => string,
): { readonly items: readonly Item[]; readonly next_cursor: string | null } {
  const { limit, after } = pageAskedFor(query)
  const start = after === undefined ? 0 : all.findIndex((item) => nameOf(item) === after) + 1
  if (after !== undefined && start === 0) throw wrongCursor()
  const items = all.slice(start, start + limit)
  const last = items.at(-1)
  return { items, next_cursor: toCursor(last && start + limit < all.length ? nameOf(last) : undefined) }
}

export function wrongCursor(): InvalidInputError {
  return new InvalidInputError('This is no next_cursor of this list.', { field: 'after' })
}

/** The form of a page. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}
