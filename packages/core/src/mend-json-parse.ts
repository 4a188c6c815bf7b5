/**
 * V8 from 12.8 on (Node.js 24 to 26 at least; nodejs/node#63785) reads names that JSON spells with escapes wrong: `"\n"` becomes `\`
 * when some object before it in the process had that name in its place. Objects of all tenants stand before one another, so that one
 * tenant's JSON could change the names in another's.
 * @module
 */
import { toBase64 } from './base64.ts'
import type { Clock } from './ports/clock.ts'

type Parse = typeof JSON.parse
type Reviver = (this: unknown, name: string, value: unknown, context?: unknown) => unknown
type NameOf = (name: string) => string | undefined

const backslash = 0x5c
const colonBehind = /[ \t\n\r]*:/y

/** Lets JSON.parse read every name as it is spelled, for this process and the libraries in it; nothing where the engine does so itself. */
export function mendJsonParse(clock: Pick<Clock, 'randomBytes'>): void {
  if (misreads(JSON.parse)) JSON.parse = mended(JSON.parse, toBase64(clock.randomBytes(9)))
}

/** Whether the engine has the fault. */
export function misreads(parse: Parse): boolean {
  parse(String.raw`{"names of plinth":[],"\\":0}`)
  return !('"' in parse(String.raw`{"names of plinth":1,"\"":2}`))
}

/**
 * Spells names without escapes while the engine reads them: there are few, and all else stays the engine's work.
 * @param mark what nobody can send, since it is made anew in every process; names are spelled by it and their number.
 */
function mended(parse: Parse, mark: string): Parse {
  return (given: unknown, reviver?: Reviver) => {
    const text = String(given)
    const spelled = new Map<string, number>()
    const marked = markNames(text, mark, spelled)
    if (spelled.size === 0) return parse(text, reviver)
    try {
      const names = Array.from(spelled.keys(), (name): string => parse(name))
      const nameOf = (name: string): string | undefined =>
        name.startsWith(mark) ? names[Number(name.slice(mark.length))] : undefined
      if (!reviver) return named(parse(marked), nameOf)
      return parse(marked, function (this: unknown, name: string, value: unknown, context?: unknown) {
        return reviver.call(this, nameOf(name) ?? name, ownNamed(value, nameOf), context)
      } as Reviver)
    } catch (error) {
      // What is no JSON is told of in the engine's words, at its own place.
      parse(text)
      throw error
    }
  }
}

/**
 * A JSON text without escapes in names. What is no JSON doesn't become JSON: every quote and all that is outside of strings stays.
 * @param spelled gets the names as they are spelled, with their numbers.
 */
function markNames(text: string, mark: string, spelled: Map<string, number>): string {
  const pieces: string[] = []
  let copied = 0
  // Outside of strings there are none, and the first in a string has no quote between it and the string's beginning.
  for (let at = text.indexOf('\\'); at !== -1; ) {
    const [start, end] = [text.lastIndexOf('"', at), endOfString(text, at)]
    if (start < copied || end === -1) break
    colonBehind.lastIndex = end
    if (colonBehind.test(text)) {
      const name = text.slice(start, end)
      const number = spelled.get(name) ?? spelled.size
      if (number === spelled.size) spelled.set(name, number)
      pieces.push(text.slice(copied, start), `"${mark}${number}"`)
      copied = end
    }
    at = text.indexOf('\\', end)
  }
  return copied === 0 ? text : pieces.join('') + text.slice(copied)
}

/** Where the string ends that has an escape there; -1 when it doesn't. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote
    while (before > from && text.charCodeAt(before - 1) === backslash) before--
    if ((quote - before) % 2 === 0) return quote + 1
  }
  return -1
}

/** What was read, with the names behind the marks. */
function named(value: unknown, nameOf: NameOf): unknown {
  if (typeof value !== 'object' || value === null) return value
  const inside = value as Record<string, unknown>
  for (const name in inside) {
    const inner = inside[name]
    if (typeof inner === 'object' && inner !== null) inside[name] = named(inner, nameOf)
  }
  return ownNamed(value, nameOf)
}

/** The same of an object alone, and not of what is in it. */
function ownNamed(value: unknown, nameOf: NameOf): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  for (const name in value)
    if (nameOf(name) !== undefined)
      return Object.fromEntries(Object.entries(value).map(([each, inner]) => [nameOf(each) ?? each, inner]))
  return value
}
