/** JSON Schemas that somebody else wrote: what is checked by them costs no more than their size times the value's. @module */
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../json.ts'

/** Checks a value. @returns what is wrong with it, at most ten faults; none: it fits. */
export type SchemaCheck = (value: unknown) => readonly string[]

/** Made once for each: that costs as much as many checks. */
const made = new WeakMap<JsonObject, SchemaCheck | { readonly fault: string }>()

/** What checks values by a schema, or why nothing can. */
export function checkBy(schema: JsonObject): SchemaCheck | { readonly fault: string } {
  const known = made.get(schema)
  if (known) return known
  const check = makeCheck(schema)
  made.set(schema, check)
  return check
}

const longestSchema = 50_000
const mostFaults = 10

function makeCheck(schema: JsonObject): SchemaCheck | { readonly fault: string } {
  let type: z.ZodType
  let longest = Number.POSITIVE_INFINITY
  try {
    if (JSON.stringify(schema).length > longestSchema) return { fault: `It has more than ${longestSchema} characters.` }
    for (const [name, value] of keywords(schema)) {
      // References let a small schema stand for one of any size.
      if (name === '$ref' || name === '$dynamicRef')
        return { fault: 'References are not followed: write out what they stand for.' }
      const patterns = name === 'pattern' ? [value] : name === 'patternProperties' && isObject(value) ? Object.keys(value) : []
      for (const pattern of patterns) {
        const most = typeof pattern === 'string' ? longestFor(pattern) : undefined
        if (most === undefined) return { fault: `The pattern ${JSON.stringify(pattern)} may take too long.` }
        longest = Math.min(longest, most)
      }
    }
    type = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch {
    return { fault: 'It is no JSON Schema, or has a part that is not known here.' }
  }
  return (value) => {
    if (longest < Number.POSITIVE_INFINITY && JSON.stringify(value).length > longest)
      return [`It has more than ${longest} characters.`]
    const parsed = type.safeParse(value)
    if (parsed.success) return []
    return parsed.error.issues.slice(0, mostFaults).map(({ path, message }) => `${path.join('.') || 'the value'}: ${message}`)
  }
}

/** Names and values at every depth, also those that only look like keywords. */
function* keywords(value: JsonValue): Generator<readonly [string, JsonValue]> {
  const left: JsonValue[] = [value]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (Array.isArray(next)) left.push(...next)
    else if (isObject(next)) {
      for (const entry of Object.entries(next)) {
        yield entry
        left.push(entry[1])
      }
    }
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const longestPattern = 300
/** Of looking for one pattern: what a processor does in about a second. */
const mostSteps = 1e8
/** Shorter ones would not be worth a pattern. */
const leastSearched = 1_000

/**
 * In how many characters a pattern can be looked for without taking long, by the most that backtracking can come to: nothing that is
 * repeated may hold a repetition or a choice, nothing looks around or back, and few parts may be read in several ways. Undefined: in too
 * few. Says no to some that are harmless.
 */
function longestFor(pattern: string): number | undefined {
  if (pattern.length > longestPattern) return undefined
  // What stands for one character is one, and groups are plain ones.
  const plain = pattern
    .replaceAll(/\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^0-9k])/g, 'x')
    .replaceAll(/\[\^?\]?[^\]]*\]/g, 'x')
    .replaceAll('(?:', '(')
  if (/\\|\(\?/.test(plain)) return undefined
  // Each start but that of an anchored one is a try.
  let power = plain.startsWith('^') && !plain.includes('|') ? 0 : 1
  let steps = plain.length
  const groups = [{ isSeveral: false, choices: 1 }]
  let closed: { readonly isSeveral: boolean } | undefined
  for (const [token] of plain.matchAll(/\{\d+(?:,\d*)?\}|[\s\S]/g)) {
    const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(token) ?? []
    const isEndless = token === '*' || token === '+' || (comma === ',' && most === '')
    if (closed?.isSeveral && (isEndless || least !== undefined)) return undefined
    if (isEndless) power++
    else if (least !== undefined) steps *= comma ? Number(most) * (Number(most) - Number(least) + 1) : Number(least)
    else if (token === '?') steps *= 2
    if (isEndless && least !== undefined) steps *= Number(least)
    const within = groups.at(-1) ?? { isSeveral: false, choices: 1 }
    if (token === '|') within.choices++
    if (isEndless || comma || token === '?' || token === '|') within.isSeveral = true
    closed = undefined
    if (token === '(') groups.push({ isSeveral: false, choices: 1 })
    else if (token === ')') {
      steps *= within.choices
      closed = groups.pop()
      const around = groups.at(-1)
      if (around && within.isSeveral) around.isSeveral = true
    }
  }
  steps *= groups[0]?.choices ?? 1
  const longest = Math.floor((mostSteps / Math.max(1, steps)) ** (1 / Math.max(1, power)))
  return longest < leastSearched ? undefined : Math.min(longest, longestSchema)
}
