/** What stands behind a keyword of a JSON Schema, as the keyword takes it. @module */
import { isObject, type JsonObject, type JsonValue } from '../../json.ts'

/** A schema by which nothing can be checked; its message says why. */
export class UncheckableError extends Error {
  override readonly name: string = 'UncheckableError'
}

export function textOf(name: string, argument: JsonValue): string {
  if (typeof argument === 'string') return argument
  throw new UncheckableError(`"${name}" must be a text.`)
}

export function textsOf(name: string, argument: JsonValue): readonly string[] {
  return listOf(name, argument).map((item) => textOf(name, item))
}

export function listOf(name: string, argument: JsonValue): readonly JsonValue[] {
  if (Array.isArray(argument)) return argument
  throw new UncheckableError(`"${name}" must be a list.`)
}

export function objectOf(name: string, argument: JsonValue | undefined): JsonObject {
  if (argument !== undefined && isObject(argument)) return argument
  throw new UncheckableError(`${name} must be an object.`)
}

export function numberOf(name: string, argument: JsonValue): number {
  if (typeof argument === 'number') return argument
  throw new UncheckableError(`"${name}" must be a number.`)
}

export function countOf(name: string, argument: JsonValue): number {
  if (Number.isInteger(argument) && Number(argument) >= 0) return Number(argument)
  throw new UncheckableError(`"${name}" must be a whole number.`)
}

/** A name of somebody else, for a message. */
export function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64).toWellFormed())
}
