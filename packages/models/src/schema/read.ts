/** Reading JSON schemas that callers send, whatever is in them: a keyword of the wrong type counts as absent. @module */
import { isObject, type JsonValue } from '@plinth/core'

/** A JSON schema as it came; boolean schemas are turned into this by {@link schemaOf}. */
export type Schema = Readonly<Record<string, unknown>>

/** The schema, `{}` for `true`, undefined for `false` and for what is no schema. */
export function schemaOf(value: unknown): Schema | undefined {
  if (value === true) return {}
  return isObject(value) ? (value as Schema) : undefined
}

/** The array under a keyword, or none of its items. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The strings of the array under a keyword. */
export function stringsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}

/** The finite number under a keyword. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The count under a keyword, such as `minItems`: a whole number, 0 or more. */
export function countOf(value: unknown): number | undefined {
  const count = numberOf(value)
  return count === undefined || count < 0 ? undefined : Math.floor(count)
}

/** The named schemas under a keyword, such as `properties`; names that hold no schema are left out, but for `false`. */
export function schemasOf(value: unknown): ReadonlyMap<string, Schema | false> {
  const found = new Map<string, Schema | false>()
  for (const [name, item] of Object.entries(schemaOf(value) ?? {})) {
    const schema = item === false ? false : schemaOf(item)
    if (schema !== undefined) found.set(name, schema)
  }
  return found
}

/** The schemas listed under a keyword, such as `anyOf`. */
export function branchesOf(schema: Schema, keyword: 'anyOf' | 'oneOf' | 'allOf'): readonly Schema[] {
  return listOf(schema[keyword])
    .map(schemaOf)
    .filter((branch) => branch !== undefined)
}

/** The fixed choices of `const` and `enum`, or undefined where the schema has neither. */
export function choicesOf(schema: Schema): readonly JsonValue[] | undefined {
  if ('const' in schema) return [schema.const as JsonValue]
  return Array.isArray(schema.enum) ? (schema.enum as JsonValue[]) : undefined
}

/** The schemas of the first items, one each, and of all that follow, in either dialect (`prefixItems`, or `items` as a list). */
export function itemSchemasOf(schema: Schema): { readonly leading: readonly unknown[]; readonly rest: unknown } {
  const { items, prefixItems, additionalItems } = schema
  if (Array.isArray(prefixItems)) return { leading: prefixItems, rest: items ?? {} }
  return Array.isArray(items) ? { leading: items, rest: additionalItems ?? {} } : { leading: [], rest: items ?? {} }
}

const keywordTypes: readonly (readonly [type: string, keywords: readonly string[]])[] = [
  ['object', ['properties', 'required', 'additionalProperties', 'minProperties', 'propertyNames', 'patternProperties']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
]

/** The types that the schema allows; where it names none, the one that its keywords speak of; else none. */
export function typesOf(schema: Schema): readonly string[] {
  const { type } = schema
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return stringsOf(type)
  const spoken = keywordTypes.find(([, keywords]) => keywords.some((keyword) => keyword in schema))
  return spoken === undefined ? [] : [spoken[0]]
}
