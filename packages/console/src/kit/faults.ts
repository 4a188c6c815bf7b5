/** What is wrong with what was typed, said where it was typed. @module */
import { Problem } from '../api/client.ts'

/** @returns what is wrong with one of these fields, or with a part of one: `groups.0` is of `groups`. */
export function faultAt(error: Error | null, ...fields: readonly string[]): string | undefined {
  const named = error instanceof Problem ? error.field : undefined
  const isHere = named !== undefined && fields.some((field) => named === field || named.startsWith(`${field}.`))
  return isHere ? error?.message : undefined
}
