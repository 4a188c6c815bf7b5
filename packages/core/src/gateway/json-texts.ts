/** Texts within JSON: of data, of schemas, and of what has to stay as it is. @module */
import { isObject } from '../json.ts'
import type { VisitText } from './request-texts.ts'

/**
 * Data with its texts rewritten: values, and names where they aren't fixed. A number counts as the text that it is written as, since a
 * card's may be one. Names that become the same are numbered, so that nothing is lost.
 */
export function rewriteData<Value>(
  value: Value,
  visit: VisitText,
  field: string,
  options: { readonly fixedNames?: boolean } = {},
): Value {
  const rewrite = (inner: unknown): unknown => {
    if (typeof inner === 'string') return visit(inner, { field, fixed: false })
    if (typeof inner === 'number') return rewriteNumber(inner, visit, field)
    if (Array.isArray(inner)) return inner.map(rewrite)
    if (!isObject(inner)) return inner
    const entries = new Map<string, unknown>()
    /** The last number of each name that came again. */
    const copies = new Map<string, number>()
    for (const [name, item] of Object.entries(inner)) {
      const given = visit(name, { field, fixed: options.fixedNames === true })
      let written = given
      for (let copy = (copies.get(given) ?? 1) + 1; entries.has(written); copy++) {
        written = `${given} ${copy}`
        copies.set(given, copy)
      }
      entries.set(written, rewrite(item))
    }
    return Object.fromEntries(entries)
  }
  // What is rewritten has the form that it had, but for numbers that are masked.
  return rewrite(value) as Value
}

function rewriteNumber(value: number, visit: VisitText, field: string): number | string {
  const text = String(value)
  const written = visit(text, { field, fixed: false })
  return written === text ? value : written
}

/** Has all texts of a value looked at, whatever it is: nothing of it can be changed. */
export function visitFixed(value: unknown, visit: VisitText, field: string): void {
  const look = (text: string): string => visit(text, { field, fixed: true })
  if (typeof value === 'string') look(value)
  else if (typeof value === 'number') look(String(value))
  else if (value instanceof URL) for (const text of spellings(value)) look(text)
  else if (Array.isArray(value)) for (const item of value) visitFixed(item, visit, field)
  else if (isObject(value) && !ArrayBuffer.isView(value))
    for (const [name, item] of Object.entries(value)) {
      if (item !== undefined) look(name)
      visitFixed(item, visit, field)
    }
}

/** As it is written, and as it is meant. */
function spellings({ href }: URL): readonly string[] {
  try {
    const decoded = decodeURIComponent(href.replaceAll('+', ' '))
    return decoded === href ? [href] : [href, decoded]
  } catch {
    return [href]
  }
}

/** Keywords of which the value is said to people and models, and may say something else. */
const notes: ReadonlySet<string> = new Set(['title', 'description', '$comment'])
/** Keywords of which the value is any data, and only an example. */
const examples: ReadonlySet<string> = new Set(['default', 'examples', 'example'])
/** Keywords with schemas, or lists of names, under names of the schema's own. */
const named: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', 'dependentRequired', 'dependencies', '$defs', 'definitions'],
])
/** Keywords with schemas in them. */
const holding: ReadonlySet<string> = new Set([
  ...['items', 'additionalItems', 'prefixItems', 'unevaluatedItems', 'contains', 'additionalProperties', 'unevaluatedProperties'],
  ...['propertyNames', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
])

/**
 * A JSON schema with what is said in it rewritten: titles, descriptions, comments, defaults and examples. All else is fixed, names,
 * patterns and the values of `enum` and `const` among it: a tool that is called by other words than its own can't answer.
 */
export function rewriteSchema<Schema>(schema: Schema, visit: VisitText, field: string): Schema {
  return schemaOf(schema, visit, field) as Schema
}

function schemaOf(schema: unknown, visit: VisitText, field: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => schemaOf(item, visit, field))
  if (!isObject(schema)) {
    visitFixed(schema, visit, field)
    return schema
  }
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (notes.has(keyword) && typeof value === 'string') return [keyword, visit(value, { field, fixed: false })]
    if (examples.has(keyword)) return [keyword, rewriteData(value, visit, field, { fixedNames: true })]
    if (holding.has(keyword)) return [keyword, schemaOf(value, visit, field)]
    if (named.has(keyword) && isObject(value)) {
      const schemas = Object.entries(value).map(([name, inner]): [string, unknown] => {
        visit(name, { field, fixed: true })
        return [name, schemaOf(inner, visit, field)]
      })
      return [keyword, Object.fromEntries(schemas)]
    }
    visit(keyword, { field, fixed: true })
    visitFixed(value, visit, field)
    return [keyword, value]
  })
  return Object.fromEntries(entries)
}
