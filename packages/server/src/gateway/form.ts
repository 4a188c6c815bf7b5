/** How the protocols read bodies: by schemas, and no further than the first thing that is wrong. @module */
import { InvalidInputError, isObject, tryInput } from '@plinth/core'
import { z } from 'zod'

/** @param field its path; empty for the body itself. */
export function wrong(field: string, message: string): InvalidInputError {
  return new InvalidInputError(message, field === '' ? {} : { field })
}

/** The value of a JSON text. @throws InvalidInputError when it is none. */
export function jsonValue(text: string, field: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(field, 'Must be JSON.')
  }
}

export interface ListBounds {
  readonly least?: number
  /** {@link longestList} when left out. */
  readonly most?: number
}

/** As many messages as Anthropic takes; whatever is read of it takes a tenth of a second. */
const longestList = 100_000

/**
 * A list that is given up at its first wrong item: zod's own keeps an issue for each, which for a body of the largest size made of
 * wrong items is ten seconds of work and gigabytes of memory.
 */
export function listOf<T>(item: z.ZodType<T>, { least = 0, most = longestList }: ListBounds = {}): z.ZodType<T[]> {
  return z.unknown().transform((value, context): T[] => {
    const fault = (message: string, path: PropertyKey[] = []): never => {
      context.addIssue({ code: 'custom', message, path })
      return z.NEVER
    }
    if (!Array.isArray(value)) {
      context.addIssue({ code: 'invalid_type', expected: 'array', message: 'Must be a list.' })
      return z.NEVER
    }
    if (value.length < least) return fault(`Must hold at least ${least}.`)
    if (value.length > most) return fault(`Must hold at most ${most}.`)
    const found: T[] = []
    for (const [index, each] of value.entries()) {
      const read = tryInput(item, each)
      if ('fault' in read) return fault(read.fault.message, [index, ...read.fault.path])
      found.push(read.value)
    }
    return found
  })
}

/** For what would change the meaning of the answer if it were ignored; nothing and an empty list are fine. */
export function unsupported(message: string): z.ZodType<unknown> {
  return z
    .custom((value) => value === undefined || value === null || (Array.isArray(value) && value.length === 0), message)
    .optional()
}

export type JsonObject = Readonly<Record<string, unknown>>

/** The value itself, not a copy, so that schemas and arguments of tools cost nothing, and lose no key. */
export const jsonObject: z.ZodType<JsonObject> = z.custom<JsonObject>(isObject, 'Must be an object.')

const notBase64 = /[^A-Za-z0-9+/]/

/** Whether a text is bytes, padded. */
export function isBase64(text: string): boolean {
  const end = text.endsWith('==') ? -2 : text.endsWith('=') ? -1 : text.length
  return text !== '' && text.length % 4 === 0 && !notBase64.test(text.slice(0, end))
}

export const base64: z.ZodType<string> = z.string().refine(isBase64, 'Must be base64.')

/** Those fields of which something is said: null, undefined and an empty list say nothing. */
export type Given<T> = { -readonly [K in keyof T]?: NonNullable<T[K]> }

export function given<T extends object>(fields: T): Given<T> {
  const found: Given<T> = {}
  for (const name in fields) {
    const value = fields[name]
    if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0))
      found[name] = value as NonNullable<typeof value>
  }
  return found
}
