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
/** Of a value in which patterns are looked for. */
const longestSearched = 50_000

function makeCheck(schema: JsonObject): SchemaCheck | { readonly fault: string } {
  let type: z.ZodType
  let searches = false
  try {
    if (JSON.stringify(schema).length > longestSchema) return { fault: `It has more than ${longestSchema} characters.` }
    for (const [name, value] of keywords(schema)) {
      // References let a small schema stand for one of any size.
      if (name === '$ref' || name === '$dynamicRef')
        return { fault: 'References are not followed: write out what they stand for.' }
      const patterns = name === 'pattern' ? [value] : name === 'patternProperties' && isObject(value) ? Object.keys(value) : []
      for (const pattern of patterns) {
        if (typeof pattern !== 'string' || !isCheap(pattern))
          return { fault: `The pattern ${JSON.stringify(pattern)} may take too long.` }
        searches = true
      }
    }
    type = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch {
    return { fault: 'It is no JSON Schema, or has a part that is not known here.' }
  }
  return (value) => {
    if (searches && JSON.stringify(value).length > longestSearched) return [`It has more than ${longestSearched} characters.`]
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
const unbounded = /\*|\+|\{\d+,\}|\{\d{3,}|\{\d+,\d{3,}\}/g

/**
 * Whether looking for a pattern takes at most time that grows with the square of the text: nothing repeated holds a repetition or a choice,
 * nothing looks around or back, and few parts repeat without end. Says no to some that are harmless.
 */
function isCheap(pattern: string): boolean {
  if (pattern.length > longestPattern) return false
  // Characters that stand for themselves, and what stands in brackets, are one character each.
  const plain = pattern
    .replaceAll(/\\(?:[pP]\{[^}]*\}|u\{?[0-9a-fA-F]*\}?|x[0-9a-fA-F]{2}|[^0-9k])/g, 'x')
    .replaceAll(/\[\^?\]?[^\]]*\]/g, 'x')
  if (/\\|\(\?(?!:)/.test(plain)) return false
  if (/[*+?}|][^()]*\)(?:[*+?]|\{)/.test(plain) || /\)\)+(?:[*+?]|\{)/.test(plain)) return false
  return (plain.match(unbounded)?.length ?? 0) <= (plain.startsWith('^') && !plain.includes('|') ? 2 : 1)
}
