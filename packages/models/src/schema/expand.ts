/** Joining a schema with what it refers to, so that one flat schema remains. @module */
import { branchesOf, listOf, numberOf, type Schema, schemaOf, stringsOf } from './read.ts'

// References may go in a circle without ever meeting a value.
const mostReferences = 32

/** The schema with its `$ref` followed and its `allOf` merged in. Unknown references allow anything. */
export function expand(schema: Schema, root: Schema): Schema {
  let flat = schema
  for (let hops = 0; hops < mostReferences && (typeof flat.$ref === 'string' || flat.allOf !== undefined); hops++) {
    const { $ref: reference, allOf: _, ...own } = flat
    const target = typeof reference === 'string' ? lookUp(reference, root) : undefined
    flat = [target ?? {}, ...branchesOf(flat, 'allOf')].reduce(merge, own)
  }
  return flat
}

function lookUp(reference: string, root: Schema): Schema | undefined {
  if (!reference.startsWith('#')) return undefined
  let at: unknown = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined
    const name = decode(step).replaceAll('~1', '/').replaceAll('~0', '~')
    at = Object.hasOwn(at, name) ? (at as Schema)[name] : undefined
  }
  return schemaOf(at)
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

const largest = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
const least = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])

/** Both schemas at once. Where they say different things that can't be joined, the second wins. */
export function merge(first: Schema, second: Schema): Schema {
  const joined: Record<string, unknown> = { ...first }
  for (const [keyword, value] of Object.entries(second)) joined[keyword] = join(keyword, joined[keyword], value)
  return joined
}

function join(keyword: string, first: unknown, second: unknown): unknown {
  if (first === undefined) return second
  const [one, two] = [numberOf(first), numberOf(second)]
  if (one !== undefined && two !== undefined) {
    if (largest.has(keyword)) return Math.max(one, two)
    return least.has(keyword) ? Math.min(one, two) : second
  }
  switch (keyword) {
    case 'required':
      return [...new Set([...stringsOf(first), ...stringsOf(second)])]
    case 'allOf':
      return [...listOf(first), ...listOf(second)]
    case 'enum':
      return listOf(first).filter((choice) => listOf(second).some((other) => JSON.stringify(other) === JSON.stringify(choice)))
    case 'type':
      return joinTypes(
        typeof first === 'string' ? [first] : stringsOf(first),
        typeof second === 'string' ? [second] : stringsOf(second),
      )
    case 'properties':
      return joinProperties(schemaOf(first) ?? {}, schemaOf(second) ?? {})
    default:
      return second
  }
}

function joinTypes(first: readonly string[], second: readonly string[]): readonly string[] {
  const common = second.filter((type) => first.includes(type) || (type === 'integer' && first.includes('number')))
  if (common.length > 0) return common
  return first.includes('integer') && second.includes('number') ? ['integer'] : second
}

function joinProperties(first: Schema, second: Schema): Schema {
  const joined = new Map(Object.entries(first))
  for (const [name, schema] of Object.entries(second)) {
    const earlier = joined.get(name)
    joined.set(name, earlier === undefined ? schema : { allOf: [earlier, schema] })
  }
  return Object.fromEntries(joined)
}
