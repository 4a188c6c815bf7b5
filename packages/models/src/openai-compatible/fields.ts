/** Reading the JSON of a server that may send anything. @module */
import { InvalidResponseDataError } from '@ai-sdk/provider'

export type Fields = Readonly<Record<string, unknown>>

/** What isn't of the protocol's form. The message names the place and quotes nothing. */
export function malformed(message: string): InvalidResponseDataError {
  return new InvalidResponseDataError({ data: undefined, message })
}

/** @throws InvalidResponseDataError when it isn't an object. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} is no object.`)
  return value as Fields
}

/** The same for what may be missing or null. */
export function optionalFields(value: unknown, what: string): Fields | undefined {
  return value === undefined || value === null ? undefined : fieldsOf(value, what)
}

/** @throws InvalidResponseDataError when it is there and no list. */
export function optionalList(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw malformed(`${what} is no list.`)
  return value
}

/** @throws InvalidResponseDataError when it is there and no text. */
export function optionalText(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw malformed(`${what} is no text.`)
  return value
}

export function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
