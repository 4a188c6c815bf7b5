/** Names and values as they are typed: `team: plant, ops` a line. @module */
import { wordsIn } from '../../kit/typed.ts'

export type Value = string | number | boolean
export type Values = Readonly<Record<string, Value | readonly Value[]>>

/**
 * Reads lines of names and values; several values stand between commas, numbers and yes or no (true, false) count as such unless quoted.
 * @throws Error in words for whoever typed it.
 */
export function readValues(text: string): Values {
  const values: Record<string, Value | readonly Value[]> = {}
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const at = line.indexOf(':')
    const name = line.slice(0, at).trim()
    const found = wordsIn(line.slice(at + 1)).map(meant)
    const [first, ...more] = found
    if (at < 1 || name === '' || first === undefined) throw new Error(`“${line.trim()}” should be a name, a colon and a value.`)
    values[name] = more.length === 0 ? first : found
  }
  return values
}

/** What is said of a value in a list. */
export function showValue(value: unknown): string {
  return [value].flat().map(String).join(', ')
}

function meant(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
  return /^".*"$/.test(text) ? text.slice(1, -1) : text
}
