/** Values as people type them, and back. @module */
import { type Call, Problem } from '../api/client.ts'
import { valueAt } from '../api/value-at.ts'

/** Digits, grouped in threes or not: what may be meant otherwise, such as `1,5`, is no such number. */
const grouped = /^[+-]?(?:\d+|\d{1,3}(?:[,_ ]\d{3})+)(?:\.\d*)?$/

/** A number; what can't be read as one is given as it is, to be refused by its field. */
export function numberIn(text: string): number | string {
  const trimmed = text.trim()
  const number = Number(grouped.test(trimmed) ? trimmed.replaceAll(/[,_ ]/g, '') : trimmed)
  return trimmed !== '' && Number.isFinite(number) ? number : trimmed
}

/** The numbers that a field takes. */
export interface Numbers {
  readonly from: number
  readonly to: number
  readonly isWhole?: boolean
  /** Without the first one itself. */
  readonly isAbove?: boolean
}

/** @returns why a value is none of these numbers; undefined when it is one. */
export function numberFault(value: unknown, { from, to, isWhole = false, isAbove = false }: Numbers): string | undefined {
  const isOne = typeof value === 'number' && value >= from && value <= to && !(isAbove && value === from)
  if (isOne && (!isWhole || Number.isInteger(value))) return
  const [least, most] = [from.toLocaleString('en'), to.toLocaleString('en')]
  const range = isAbove ? `above ${least}, up to ${most}` : `from ${least} to ${most}`
  return `This should be a ${isWhole ? 'whole ' : ''}number ${range}.`
}

/**
 * The call, where each of these fields of its body is such a number, or isn't given.
 * @throws Problem that names the first that isn't, as the server would.
 */
export function withNumbers(call: Call, fields: Readonly<Record<string, Numbers>>): Call {
  for (const [field, numbers] of Object.entries(fields)) {
    const value = valueAt(call.body as object, field)
    const detail = value === undefined || value === null ? undefined : numberFault(value, numbers)
    if (detail !== undefined) throw new Problem({ status: 400, code: 'invalid_input', field, detail })
  }
  return call
}

/** A local time, as `datetime-local` has it, in UTC; what is no time stays, for the server to refuse. */
export function instantOf(local: string): string {
  const date = new Date(local)
  return Number.isNaN(date.getTime()) ? local : date.toISOString()
}

/** Words with commas between them, or what else separates them. */
export function wordsIn(text: string, separator = ','): readonly string[] {
  return text
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** A value as it would be typed; nothing for one that isn't set. */
export function typedOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}
