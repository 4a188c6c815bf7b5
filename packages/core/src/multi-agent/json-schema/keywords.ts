/** The keywords of JSON Schema (2020-12, and what draft 7 has under other names) by which values are checked. @module */
import { z } from 'zod'
import { canonicalJson, isObject, type JsonObject, type JsonValue } from '../../json.ts'
import { namesInWords } from '../plan/names-in-words.ts'
import { countOf, listOf, numberOf, objectOf, quoted, textOf, textsOf, UncheckableError } from './arguments.ts'
import { longestFor } from './bounded-patterns.ts'
import { formats } from './formats.ts'

interface ValueFault {
  /** Empty: the value itself. */
  readonly path: string
  readonly message: string
}

/** Tells what is wrong with a value, one after the other as they are asked for. */
export type Check = (value: JsonValue, path: string) => Iterable<ValueFault>

/** What a keyword with its argument checks. @throws UncheckableError for an argument that it can't have. */
type Keyword = (argument: JsonValue, schema: JsonObject) => Check

const types: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  string: (value) => typeof value === 'string',
  array: (value) => Array.isArray(value),
  object: isObject,
}

/** They say something of a value, and check nothing. */
const annotations: ReadonlySet<string> = new Set([
  ...['$schema', '$id', 'id', '$comment', '$anchor', '$defs', 'definitions', 'title', 'description', 'default'],
  ...['example', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
])

const keywords: Readonly<Record<string, Keyword>> = {
  type(argument) {
    const names = typeof argument === 'string' ? [argument] : textsOf('type', argument)
    for (const name of names) if (!Object.hasOwn(types, name)) throw new UncheckableError(`There is no type ${quoted(name)}.`)
    return told(`Expected ${namesInWords(names, ' or ')}`, (value) => names.some((name) => types[name]?.(value)))
  },
  enum(argument) {
    const values = new Set(listOf('enum', argument).map(canonicalJson))
    return told('Expected one of the values of enum', (value) => values.has(canonicalJson(value)))
  },
  const(argument) {
    const only = canonicalJson(argument)
    return told('Expected the value of const', (value) => canonicalJson(value) === only)
  },

  allOf(argument) {
    const checks = listOf('allOf', argument).map(checkOf)
    return function* (value, path) {
      for (const check of checks) yield* check(value, path)
    }
  },
  anyOf(argument) {
    const checks = listOf('anyOf', argument).map(checkOf)
    return told('Fits nothing of anyOf', (value) => checks.some((check) => passes(check, value)))
  },
  oneOf(argument) {
    const checks = listOf('oneOf', argument).map(checkOf)
    return told('Must fit exactly one of oneOf', (value) => checks.filter((check) => passes(check, value)).length === 1)
  },
  not(argument) {
    const check = checkOf(argument)
    return told('Fits what is under not', (value) => !passes(check, value))
  },
  if(argument, { then: yes = true, else: no = true }) {
    const [check, fitting, other] = [checkOf(argument), checkOf(yes), checkOf(no)]
    return (value, path) => (passes(check, value) ? fitting : other)(value, path)
  },

  properties(argument) {
    const checks = checksOf('properties', argument)
    return ofObjects(function* (value, path) {
      for (const [name, check] of checks) if (Object.hasOwn(value, name)) yield* check(value[name] ?? null, within(path, name))
    })
  },
  patternProperties(argument) {
    const checks = checksOf('patternProperties', argument).map(([pattern, check]) => [patternOf(pattern), check] as const)
    return ofObjects(function* (value, path) {
      for (const [pattern, check] of checks)
        for (const [name, inner] of Object.entries(value)) if (pattern.test(name)) yield* check(inner, within(path, name))
    })
  },
  additionalProperties(argument, { properties = {}, patternProperties = {} }) {
    const check = checkOf(argument)
    const known = new Set(isObject(properties) ? Object.keys(properties) : [])
    const patterns = (isObject(patternProperties) ? Object.keys(patternProperties) : []).map(patternOf)
    return ofObjects(function* (value, path) {
      for (const [name, inner] of Object.entries(value)) {
        if (known.has(name) || patterns.some((pattern) => pattern.test(name))) continue
        if (argument === false) yield { path, message: `Unrecognized key: ${quoted(name)}` }
        else yield* check(inner, within(path, name))
      }
    })
  },
  propertyNames(argument) {
    const check = checkOf(argument)
    return ofObjects(function* (value, path) {
      for (const name of Object.keys(value))
        if (!passes(check, name)) yield { path, message: `The key ${quoted(name)} does not fit` }
    })
  },
  required(argument) {
    const names = textsOf('required', argument)
    return ofObjects(function* (value, path) {
      for (const name of names) if (!Object.hasOwn(value, name)) yield { path: within(path, name), message: 'Is missing' }
    })
  },
  dependentRequired(argument) {
    const needed = Object.entries(objectOf('dependentRequired', argument)).map(
      ([name, names]) => [name, textsOf('dependentRequired', names)] as const,
    )
    return ofObjects(function* (value, path) {
      for (const [name, names] of needed)
        for (const other of Object.hasOwn(value, name) ? names : [])
          if (!Object.hasOwn(value, other)) yield { path: within(path, other), message: `Is missing beside ${quoted(name)}` }
    })
  },
  dependentSchemas(argument) {
    const checks = checksOf('dependentSchemas', argument)
    return ofObjects(function* (value, path) {
      for (const [name, check] of checks) if (Object.hasOwn(value, name)) yield* check(value, path)
    })
  },
  minProperties: least('keys', (value) => (isObject(value) ? Object.keys(value).length : undefined)),
  maxProperties: most('keys', (value) => (isObject(value) ? Object.keys(value).length : undefined)),

  prefixItems(argument) {
    const checks = listOf('prefixItems', argument).map(checkOf)
    return ofArrays(function* (value, path) {
      for (const [place, check] of checks.entries())
        if (place < value.length) yield* check(value[place] ?? null, within(path, `${place}`))
    })
  },
  items(argument, schema) {
    // So draft 7 names what stands first.
    if (Array.isArray(argument)) return keyword('prefixItems')(argument, schema)
    return behind(checkOf(argument), schema.prefixItems)
  },
  additionalItems: (argument, { items }) =>
    Array.isArray(items) ? behind(checkOf(argument), items) : nothingOf(checkOf(argument)),
  contains(argument, { minContains, maxContains }) {
    const check = checkOf(argument)
    const least = minContains === undefined ? 1 : countOf('minContains', minContains)
    const most = maxContains === undefined ? Number.POSITIVE_INFINITY : countOf('maxContains', maxContains)
    return ofArrays(function* (value, path) {
      const found = value.filter((item) => passes(check, item)).length
      if (found < least || found > most) yield { path, message: `Has ${found} items of those that it must contain` }
    })
  },
  // Read with "contains", without which they say nothing.
  minContains: (argument) => nothingOf(countOf('minContains', argument)),
  maxContains: (argument) => nothingOf(countOf('maxContains', argument)),
  uniqueItems(argument) {
    if (typeof argument !== 'boolean') throw new UncheckableError('"uniqueItems" must be true or false.')
    return ofArrays(function* (value, path) {
      if (argument && new Set(value.map(canonicalJson)).size < value.length) yield { path, message: 'Has an item twice' }
    })
  },
  minItems: least('items', (value) => (Array.isArray(value) ? value.length : undefined)),
  maxItems: most('items', (value) => (Array.isArray(value) ? value.length : undefined)),

  minLength: least('characters', (value) => (typeof value === 'string' ? [...value].length : undefined)),
  maxLength: most('characters', (value) => (typeof value === 'string' ? [...value].length : undefined)),
  pattern(argument) {
    const pattern = patternOf(textOf('pattern', argument))
    return told(`Does not match the pattern ${pattern.source}`, (value) => typeof value !== 'string' || pattern.test(value))
  },
  format(argument) {
    const name = textOf('format', argument)
    const isOf = formats.get(name)
    if (!isOf)
      throw new UncheckableError(`The format ${quoted(name)} is not known. There are: ${[...formats.keys()].join(', ')}.`)
    return told(`Is no ${name}`, (value) => typeof value !== 'string' || isOf(value))
  },

  minimum: bound('at least', (value, least) => value >= least),
  maximum: bound('at most', (value, most) => value <= most),
  exclusiveMinimum: bound('more than', (value, least) => value > least),
  exclusiveMaximum: bound('less than', (value, most) => value < most),
  multipleOf(argument) {
    const step = numberOf('multipleOf', argument)
    if (step <= 0) throw new UncheckableError('"multipleOf" must be above 0.')
    const isMultiple = z.number().multipleOf(step)
    return told(`Expected a multiple of ${step}`, (value) => typeof value !== 'number' || isMultiple.safeParse(value).success)
  },
}

/**
 * What a schema checks. A value costs no more than its size times the schema's, but for patterns.
 * @throws UncheckableError for what is none, or has a keyword that isn't known: it would be passed over.
 */
export function checkOf(schema: JsonValue | undefined): Check {
  if (schema === true) return () => []
  if (schema === false) return (_, path) => [{ path, message: 'Nothing is allowed here' }]
  const known = objectOf('A schema', schema)
  const checks = Object.entries(known)
    .filter(([name]) => !annotations.has(name) && !name.startsWith('x-'))
    .map(([name, argument]) => keyword(name)(argument, known))
  return function* (value, path) {
    for (const check of checks) yield* check(value, path)
  }
}

function keyword(name: string): Keyword {
  const known = Object.hasOwn(keywords, name) ? keywords[name] : undefined
  if (known) return known
  if (name === 'then' || name === 'else') return besideIf
  // References let a small schema stand for one of any size.
  if (name === '$ref' || name === '$dynamicRef')
    throw new UncheckableError('References are not followed: write out what they stand for.')
  throw new UncheckableError(`The keyword ${quoted(name)} is not known here.`)
}

/** Read with "if", without which it says nothing. */
function besideIf(_: JsonValue, schema: JsonObject): Check {
  if (schema.if === undefined) throw new UncheckableError('"then" and "else" need an "if".')
  return () => []
}

function checksOf(name: string, argument: JsonValue): readonly (readonly [string, Check])[] {
  return Object.entries(objectOf(`"${name}"`, argument)).map(([key, schema]) => [key, checkOf(schema)])
}

function patternOf(text: string): RegExp {
  const refused = new UncheckableError(`The pattern ${quoted(text)} may take too long.`)
  if (longestFor(text) === undefined) throw refused
  try {
    return new RegExp(text, 'u')
  } catch {}
  try {
    // As many write them, with signs escaped that need not be.
    return new RegExp(text)
  } catch {
    throw new UncheckableError(`The pattern ${quoted(text)} is none.`)
  }
}

function passes(check: Check, value: JsonValue): boolean {
  for (const _ of check(value, '')) return false
  return true
}

function told(message: string, isRight: (value: JsonValue) => boolean): Check {
  return (value, path) => (isRight(value) ? [] : [{ path, message }])
}

function nothingOf(_: unknown): Check {
  return () => []
}

function ofObjects(check: (value: JsonObject, path: string) => Iterable<ValueFault>): Check {
  return (value, path) => (isObject(value) ? check(value, path) : [])
}

function ofArrays(check: (value: readonly JsonValue[], path: string) => Iterable<ValueFault>): Check {
  return (value, path) => (Array.isArray(value) ? check(value, path) : [])
}

/** Of the items behind those that have a schema each. */
function behind(check: Check, first: JsonValue | undefined): Check {
  const from = Array.isArray(first) ? first.length : 0
  return ofArrays(function* (value, path) {
    for (const [place, item] of value.entries()) if (place >= from) yield* check(item, within(path, `${place}`))
  })
}

function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** @param numberIn undefined for values that have no such number. */
function least(what: string, numberIn: (value: JsonValue) => number | undefined): Keyword {
  return (argument) => {
    const bound = countOf('A least number', argument)
    return told(`Expected at least ${bound} ${what}`, (value) => (numberIn(value) ?? bound) >= bound)
  }
}

function most(what: string, numberIn: (value: JsonValue) => number | undefined): Keyword {
  return (argument) => {
    const bound = countOf('A largest number', argument)
    return told(`Expected at most ${bound} ${what}`, (value) => (numberIn(value) ?? bound) <= bound)
  }
}

function bound(words: string, holds: (value: number, bound: number) => boolean): Keyword {
  return (argument) => {
    const given = numberOf('A bound', argument)
    return told(`Expected ${words} ${given}`, (value) => typeof value !== 'number' || holds(value, given))
  }
}
