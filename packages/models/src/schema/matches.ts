/** Whether a value is valid for a schema. @module */
import { canonicalJson, isObject, type JsonValue } from '@plinth/core'
import { expand } from './expand.ts'
import { branchesOf, choicesOf, countOf, itemSchemasOf, numberOf, type Schema, schemaOf, schemasOf, stringsOf } from './read.ts'

/**
 * Checks types, choices, bounds, members and alternatives. `pattern` and `format` are not checked: a caller's regular expression
 * may take for ever. `not`, `if`, `contains` and the dependent keywords are not looked at.
 * @param work how much may still be looked at, shared by all that is asked for one schema: alternatives that lead in circles double with
 * each round. Beyond it nothing is valid.
 */
export function matches(schema: Schema, value: unknown, root: Schema, work: Work = newWork(), depth = 0): boolean {
  if (depth > 64 || --work.left < 0) return false
  const flat = expand(schema, root)
  const choices = choicesOf(flat)
  if (choices !== undefined && !choices.some((choice) => same(choice, value))) return false
  if (!typeMatches(flat, value)) return false
  const inner = (part: unknown, item: unknown): boolean => {
    const partSchema = schemaOf(part)
    return partSchema === undefined ? part !== false : matches(partSchema, item, root, work, depth + 1)
  }
  const any = branchesOf(flat, 'anyOf')
  if (any.length > 0 && !any.some((branch) => inner(branch, value))) return false
  const one = branchesOf(flat, 'oneOf')
  if (one.length > 0 && one.filter((branch) => inner(branch, value)).length !== 1) return false
  if (typeof value === 'number') return numberMatches(flat, value)
  if (typeof value === 'string') return within([...value].length, flat.minLength, flat.maxLength)
  if (Array.isArray(value)) return arrayMatches(flat, value, inner)
  return typeof value !== 'object' || value === null || objectMatches(flat, value as Readonly<Record<string, unknown>>, inner)
}

/** Looks that are left. */
export interface Work {
  left: number
}

/** Some tenths of a second. */
export function newWork(): Work {
  return { left: 100_000 }
}

/** Whether two JSON values are equal. */
export function same(first: unknown, second: unknown): boolean {
  if (first === second) return true
  if (typeof first !== 'object' || typeof second !== 'object') return false
  return canonicalJson(first as JsonValue) === canonicalJson(second as JsonValue)
}

function typeMatches(schema: Schema, value: unknown): boolean {
  const { type } = schema
  const types = typeof type === 'string' ? [type] : stringsOf(type)
  return types.length === 0 || types.some((name) => isOfType(name, value))
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function within(size: number, least: unknown, most: unknown): boolean {
  return size >= (countOf(least) ?? 0) && size <= (countOf(most) ?? Number.POSITIVE_INFINITY)
}

function numberMatches(schema: Schema, value: number): boolean {
  const step = numberOf(schema.multipleOf)
  if (value < (numberOf(schema.minimum) ?? -Infinity) || value > (numberOf(schema.maximum) ?? Infinity)) return false
  if (value <= (numberOf(schema.exclusiveMinimum) ?? -Infinity) || value >= (numberOf(schema.exclusiveMaximum) ?? Infinity)) {
    return false
  }
  // Floating point: 0.3 is a multiple of 0.1 although the division says 2.9999999999999996.
  return step === undefined || step <= 0 || Math.abs(value / step - Math.round(value / step)) < 1e-9
}

type Inner = (part: unknown, item: unknown) => boolean

function arrayMatches(schema: Schema, value: readonly unknown[], inner: Inner): boolean {
  if (!within(value.length, schema.minItems, schema.maxItems)) return false
  if (schema.uniqueItems === true && new Set(value.map((item) => canonicalJson(item as JsonValue))).size < value.length)
    return false
  const { leading, rest } = itemSchemasOf(schema)
  return value.every((item, at) => inner(at < leading.length ? leading[at] : rest, item))
}

function objectMatches(schema: Schema, value: Readonly<Record<string, unknown>>, inner: Inner): boolean {
  const names = Object.keys(value)
  if (!within(names.length, schema.minProperties, schema.maxProperties)) return false
  if (!stringsOf(schema.required).every((name) => Object.hasOwn(value, name))) return false
  const properties = schemasOf(schema.properties)
  // Which names a pattern covers isn't known without running it, so patterns excuse any name.
  const other = schema.patternProperties === undefined ? (schema.additionalProperties ?? {}) : {}
  return names.every((name) => {
    if (properties.has(name)) return inner(properties.get(name), value[name])
    return inner(schema.propertyNames ?? {}, name) && inner(other, value[name])
  })
}
