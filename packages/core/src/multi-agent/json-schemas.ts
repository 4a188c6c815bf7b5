/** JSON Schemas that somebody else wrote: what is checked by them costs no more than their size times the value's. @module */
import { depthOf, isObject, type JsonObject, type JsonValue } from '../json.ts'
import { UncheckableError } from './json-schema/arguments.ts'
import { longestFor } from './json-schema/bounded-patterns.ts'
import { type Check, checkOf } from './json-schema/keywords.ts'

/** Checks a value. @returns what is wrong with it, at most ten faults; none: it fits. */
type SchemaCheck = (value: unknown) => readonly string[]

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
const deepestSchema = 64
const deepestValue = 256
const mostFaults = 10

function makeCheck(schema: JsonObject): SchemaCheck | { readonly fault: string } {
  if (depthOf(schema, deepestSchema) >= deepestSchema) return { fault: `It is nested more than ${deepestSchema} deep.` }
  if (JSON.stringify(schema).length > longestSchema) return { fault: `It has more than ${longestSchema} characters.` }
  let check: Check
  try {
    check = checkOf(schema)
  } catch (error) {
    if (error instanceof UncheckableError) return { fault: error.message }
    throw error
  }
  const longest = longestBy(schema)
  return (value) => {
    if (depthOf(value, deepestValue) >= deepestValue) return [`It is nested more than ${deepestValue} deep.`]
    if (longest < Number.POSITIVE_INFINITY && JSON.stringify(value).length > longest)
      return [`It has more than ${longest} characters.`]
    const faults: string[] = []
    for (const { path, message } of check(value as JsonValue, '')) {
      faults.push(`${path || 'the value'}: ${message}`)
      if (faults.length === mostFaults) break
    }
    return faults
  }
}

/** How long a value may be for the patterns of a schema; what only looks like one counts, too. */
function longestBy(schema: JsonObject): number {
  let longest = Number.POSITIVE_INFINITY
  const left: JsonValue[] = [schema]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== 'object' || next === null) continue
    left.push(...Object.values(next))
    if (!isObject(next)) continue
    const { pattern, patternProperties = {} } = next
    const patterns = [...(typeof pattern === 'string' ? [pattern] : []), ...Object.keys(patternProperties ?? {})]
    for (const each of patterns) longest = Math.min(longest, longestFor(each) ?? longest)
  }
  return longest
}
