/** A value for a JSON schema, with the open choices left to a {@link Chooser}. @module */
import type { JsonValue } from '@plinth/core'
import type { Chooser, Field } from './choose.ts'
import { expand, merge } from './expand.ts'
import { matches, newWork, same } from './matches.ts'
import {
  branchesOf,
  choicesOf,
  countOf,
  itemSchemasOf,
  numberOf,
  type Schema,
  schemaOf,
  schemasOf,
  stringsOf,
  typesOf,
} from './read.ts'
import { boundsOf, fitNumber, fitString } from './scalars.ts'
import { smallest } from './smallest.ts'

/** A value, and whether it is valid for its schema (by the checks of `matches`). */
export interface Generated {
  readonly value: JsonValue
  readonly valid: boolean
}

// A schema comes from a caller: it may ask for a billion items, or lead in circles. The output limit is far below these.
const mostValues = 1000
const deepest = 40
const deepestByChoice = 8

/**
 * Fills the schema. Understood: types, const, enum, properties, required, additionalProperties, propertyNames, minProperties,
 * items, prefixItems, minItems, maxItems, uniqueItems, bounds, multipleOf, lengths, formats, most patterns, anyOf, oneOf, allOf,
 * `$ref` within the schema. `not`, `if`, `contains` and the dependent keywords are left aside. A schema that nothing fits, or that asks
 * for more than 1,000 values, yields a value that isn't valid.
 */
export function generateJson(schema: unknown, chooser: Chooser): Generated {
  const root = schemaOf(schema) ?? {}
  const generator = new Generator(root)
  const value = generator.value(root, { name: '', description: '' }, chooser, 0)
  if (matches(root, value, root)) return { value, valid: true }
  const plain = new Generator(root).value(root, { name: '', description: '' }, smallest, 0)
  return matches(root, plain, root) ? { value: plain, valid: true } : { value, valid: false }
}

class Generator {
  readonly #root: Schema
  readonly #work = newWork()
  #left = mostValues

  constructor(root: Schema) {
    this.#root = root
  }

  value(given: Schema, place: Field, wanted: Chooser, depth: number): JsonValue {
    if (--this.#left < 0 || depth > deepest) return null
    const schema = expand(given, this.#root)
    const field = described(place, schema)
    const chooser = depth > deepestByChoice ? smallest : wanted
    const choices = choicesOf(schema)
    if (choices !== undefined) {
      const { const: _, enum: __, ...rest } = schema
      const fitting = choices.filter((choice) => matches(rest, choice, this.#root, this.#work))
      return fitting.length === 0 ? (choices[0] ?? null) : chooser.option(fitting, field)
    }
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = branchesOf(schema, keyword)
      if (branches.length === 0) continue
      const { [keyword]: _, ...rest } = schema
      return this.#firstValid(
        branches.map((branch) => expand(merge(rest, branch), this.#root)),
        schema,
        field,
        chooser,
        depth,
      )
    }
    const types = typesOf(schema)
    if (types.length < 2) return this.#ofType(types[0] ?? 'null', schema, field, chooser, depth)
    return this.#firstValid(
      types.map((type) => ({ ...schema, type })),
      schema,
      field,
      chooser,
      depth,
    )
  }

  #firstValid(branches: readonly Schema[], whole: Schema, field: Field, chooser: Chooser, depth: number): JsonValue {
    let first: JsonValue | undefined
    for (const at of chooser.branches(branches, field)) {
      const branch = branches[at]
      if (branch === undefined) continue
      for (const who of chooser === smallest ? [smallest] : [chooser, smallest]) {
        const value = this.value(branch, field, who, depth + 1)
        if (matches(whole, value, this.#root, this.#work)) return value
        first ??= value
      }
    }
    // Alternatives that overlap, under oneOf, need a value that is in one of them alone.
    const near = neighbours({}, first ?? null, 8).find((candidate) => matches(whole, candidate, this.#root, this.#work))
    return near ?? first ?? null
  }

  #ofType(type: string, schema: Schema, field: Field, chooser: Chooser, depth: number): JsonValue {
    switch (type) {
      case 'object':
        return this.#object(schema, field, chooser, depth)
      case 'array':
        return this.#array(schema, field, chooser, depth)
      case 'string':
        return fitString(chooser.text(field, schema), schema)
      case 'number':
      case 'integer':
        return fitNumber(chooser.number(field, boundsOf(schema, type)), schema, type)
      case 'boolean':
        return chooser.boolean(field)
      default:
        return null
    }
  }

  #object(schema: Schema, field: Field, chooser: Chooser, depth: number): JsonValue {
    const properties = schemasOf(schema.properties)
    const required = new Set(stringsOf(schema.required))
    const other = schemaOf(schema.additionalProperties ?? {}) ?? {}
    const filled = new Map<string, JsonValue>()
    const fillIn = (name: string, property: Schema): void => {
      const value = this.value(property, { name, description: '' }, chooser, depth + 1)
      if (required.has(name) || matches(property, value, this.#root, this.#work)) filled.set(name, value)
    }
    let room = depth < deepestByChoice ? (countOf(schema.maxProperties) ?? Infinity) - required.size : 0
    for (const [name, property] of properties) {
      if (property === false) continue
      if (required.has(name)) fillIn(name, property)
      else if (room > 0 && chooser.optional({ name, description: '' })) {
        fillIn(name, property)
        room--
      }
    }
    for (const name of required) if (!properties.has(name)) fillIn(name, other)
    const least = countOf(schema.minProperties) ?? 0
    for (const [name, property] of properties)
      if (property !== false && filled.size < least && !filled.has(name)) fillIn(name, property)
    for (let number = 1; filled.size < least && this.#left > 0; number++) {
      const name = this.#name(schemaOf(schema.propertyNames) ?? {}, number)
      filled.set(name, this.value(other, field, chooser, depth + 1))
    }
    return Object.fromEntries(filled)
  }

  #name(names: Schema, number: number): string {
    const choices = choicesOf(expand(names, this.#root))
    const choice = choices?.[number - 1]
    if (typeof choice === 'string') return choice
    this.#left--
    return fitString(`key${number}`, expand(names, this.#root))
  }

  #array(schema: Schema, field: Field, chooser: Chooser, depth: number): JsonValue {
    const { leading, rest } = itemSchemasOf(schema)
    const least = countOf(schema.minItems) ?? 0
    const most = Math.min(countOf(schema.maxItems) ?? Infinity, rest === false ? leading.length : Infinity)
    const { count, item } = chooser.items(field, expand(schemaOf(rest) ?? {}, this.#root))
    const size = Math.min(Math.max(count, least, leading.length), most)
    const values: JsonValue[] = []
    for (let at = 0; at < size && this.#left > 0; at++) {
      const part = schemaOf(at < leading.length ? leading[at] : rest) ?? {}
      const value = this.value(part, field, item(at), depth + 1)
      if (schema.uniqueItems !== true || !values.some((earlier) => same(earlier, value))) {
        values.push(value)
        continue
      }
      const another = this.#another(part, value, values)
      if (another === undefined) break
      values.push(another)
    }
    return values
  }

  /** A valid item that is not there yet. */
  #another(given: Schema, value: JsonValue, taken: readonly JsonValue[]): JsonValue | undefined {
    const schema = expand(given, this.#root)
    for (const candidate of neighbours(schema, value, taken.length)) {
      this.#left--
      if (!taken.some((earlier) => same(earlier, candidate)) && matches(schema, candidate, this.#root, this.#work))
        return candidate
    }
    return undefined
  }
}

function described(field: Field, schema: Schema): Field {
  const said = [schema.title, schema.description].filter((text) => typeof text === 'string').join(' ')
  return said === '' ? field : { ...field, description: said.slice(0, 500) }
}

/** Values beside a value, near ones first; for fixed choices, the choices. */
function neighbours(schema: Schema, value: JsonValue, many: number): readonly JsonValue[] {
  const choices = choicesOf(schema)
  if (choices !== undefined) return choices
  if (typeof value === 'boolean') return [!value]
  const steps = Array.from({ length: many + 1 }, (_, at) => at + 1)
  if (typeof value === 'string') {
    const longer = (step: number): string => value.padEnd(2 ** Math.min(step, 8), '.')
    return steps.flatMap((step) => [`${value} ${step}`, `${value.slice(0, -String(step).length)}${step}`, longer(step)])
  }
  if (typeof value !== 'number') return []
  const step = numberOf(schema.multipleOf) ?? (schema.type === 'integer' ? 1 : 0.5)
  return steps.flatMap((times) => [value + times * step, value - times * step])
}
