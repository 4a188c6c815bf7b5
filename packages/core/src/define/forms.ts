/** Forms that many routes share: ids, times, pages. @module */
import { z } from 'zod'

/** Any RFC 3339 time, as milliseconds UTC. */
export const time: z.ZodType<number, string> = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time, such as 2026-01-31T12:00:00Z' })
  .transform((text) => Date.parse(text))

/** An id that a caller may choose. */
export const callerId: z.ZodType<string, string> = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, underscores, colons and hyphens')

export interface PageQuery {
  readonly limit: number
  readonly after?: string | undefined
}

export const pageFields: { readonly limit: z.ZodType<number>; readonly after: z.ZodType<string | undefined> } = {
  limit: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(1000))
    .default(50),
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,2000}$/, 'must be a next_cursor')
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

/** The form of a page. */
export function pageOf(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}
