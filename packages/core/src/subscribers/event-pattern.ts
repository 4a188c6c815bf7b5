import { InvalidInputError } from '../errors.ts'
import { depthOf, isObject, type JsonObject, type JsonValue, jsonBytes } from '../json.ts'
import { wildcardParts } from './wildcard.ts'

declare const checked: unique symbol

/**
 * Which events a subscriber wants: EventBridge's pattern language over the event's envelope, a subset. A field of the pattern is
 * a list of what the event's field may be, or for `detail` a pattern again; all fields must hold. It was checked.
 */
export type EventPattern = JsonObject & { readonly [checked]: 'pattern' }

export const patternLimits: { readonly bytes: number; readonly depth: number } = { bytes: 2_048, depth: 10 }

/** What is wrong with a pattern, and where: the path from its root. */
interface PatternProblem {
  readonly path: readonly string[]
  readonly message: string
}

/** @throws InvalidInputError with the field at fault. */
export function parsePattern(value: unknown): EventPattern {
  const problem = findPatternProblem(value)
  if (!problem) return value as EventPattern
  const words = `The pattern's ${problem.path.join('.') || 'form'}: ${problem.message}`
  throw new InvalidInputError(words, { field: ['pattern', ...problem.path].join('.') })
}

/** Fields of the envelope, and whether a pattern may look inside. */
const envelopeFields: Readonly<Record<string, 'value' | 'object'>> = {
  id: 'value',
  source: 'value',
  type: 'value',
  time: 'value',
  version: 'value',
  correlation_id: 'value',
  tenant_id: 'value',
  subject: 'value',
  sequence: 'value',
  detail: 'object',
}

/** The first thing that is wrong with a pattern; undefined for a good one. */
export function findPatternProblem(value: unknown): PatternProblem | undefined {
  if (!isObject(value)) return { path: [], message: 'Must be an object.' }
  if (depthOf(value, patternLimits.depth + 1) > patternLimits.depth)
    return { path: [], message: `Must be nested at most ${patternLimits.depth} deep.` }
  if (jsonBytes(value) > patternLimits.bytes)
    return { path: [], message: `Must hold at most ${patternLimits.bytes} bytes of JSON.` }
  return hasInfinity(value) ? { path: [], message: 'Must hold no number that is too large.' } : inFields(value, [], true)
}

/** JSON can spell numbers that no JSON can keep, such as 1e400. */
function hasInfinity(value: JsonValue): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinity)
}

function inFields(pattern: JsonObject, path: readonly string[], whole: boolean): PatternProblem | undefined {
  for (const [name, value] of Object.entries(pattern)) {
    const found = inField(name, value, [...path, name], whole)
    if (found) return found
  }
  return undefined
}

function inField(name: string, value: JsonValue, path: readonly string[], whole: boolean): PatternProblem | undefined {
  if (name === '$or') return inAlternatives(value, path, whole)
  const form = whole ? (Object.hasOwn(envelopeFields, name) ? envelopeFields[name] : undefined) : 'object'
  if (!form) return { path, message: `Is no field of an event, which has ${Object.keys(envelopeFields).join(', ')}.` }
  if (Array.isArray(value)) return inTests(value, path)
  if (form === 'value' || !isObject(value)) return { path, message: 'Must be a list of what the field may be, such as ["a"].' }
  return Object.keys(value).length === 0 ? { path, message: 'Must not be empty.' } : inFields(value, path, false)
}

function inAlternatives(value: JsonValue, path: readonly string[], whole: boolean): PatternProblem | undefined {
  if (!Array.isArray(value) || value.length === 0) return { path, message: 'Must be a list of patterns.' }
  for (const [index, alternative] of (value as readonly JsonValue[]).entries()) {
    const where = [...path, String(index)]
    if (!isObject(alternative) || Object.keys(alternative).length === 0)
      return { path: where, message: 'Must be a pattern that asks for something.' }
    const found = inFields(alternative, where, whole)
    if (found) return found
  }
  return undefined
}

function inTests(tests: readonly JsonValue[], path: readonly string[]): PatternProblem | undefined {
  if (tests.length === 0) return { path, message: 'Must not be empty.' }
  for (const [index, test] of tests.entries()) {
    if (isScalar(test)) continue
    const found = inTest(test, [...path, String(index)])
    if (found) return found
  }
  return undefined
}

function inTest(test: JsonValue, path: readonly string[]): PatternProblem | undefined {
  if (!isObject(test)) return { path, message: 'Must be a text, a number, true, false, null or a test.' }
  const [[name, value] = [''], ...others] = Object.entries(test)
  const check = Object.hasOwn(tests, name) ? tests[name as keyof typeof tests] : undefined
  if (!check || others.length > 0) return { path, message: `Must be one of the tests ${Object.keys(tests).join(', ')}.` }
  return value !== undefined && check.good(value) ? undefined : { path: [...path, name], message: check.must }
}

interface TestForm {
  readonly must: string
  good(value: JsonValue): boolean
}

const text: TestForm = { must: 'Must be a text.', good: (value) => typeof value === 'string' }
const wildcard: TestForm = {
  must: 'Must be a text with stars, no two in a row, and backslashes before stars and backslashes only.',
  good: (value) => typeof value === 'string' && wildcardParts(value) !== undefined,
}
const textTests = { prefix: text, suffix: text, 'equals-ignore-case': text, wildcard }

const tests: Readonly<Record<string, TestForm>> = {
  ...textTests,
  'anything-but': {
    must: 'Must be a text, a number, a list of them, or one of the tests prefix, suffix, equals-ignore-case, wildcard.',
    good: (value) => {
      if (!isObject(value)) return listOf(value).length > 0 && listOf(value).every((item) => isScalar(item) && item !== null)
      const [[name, inner] = [''], ...others] = Object.entries(value)
      const form = Object.hasOwn(textTests, name) ? textTests[name as keyof typeof textTests] : undefined
      return (
        form !== undefined &&
        others.length === 0 &&
        inner !== undefined &&
        listOf(inner).length > 0 &&
        listOf(inner).every(form.good)
      )
    },
  },
  numeric: {
    must: 'Must be a comparison such as [">", 0], or two that bound a range, the lower one first: [">=", 0, "<", 5].',
    good: (value) => {
      if (!Array.isArray(value)) return false
      const [first, low, second, high, ...others] = value as readonly JsonValue[]
      if (others.length > 0 || typeof low !== 'number' || typeof first !== 'string') return false
      if (second === undefined) return ['=', '<', '<=', '>', '>='].includes(first)
      return (
        ['>', '>='].includes(first) &&
        typeof second === 'string' &&
        ['<', '<='].includes(second) &&
        typeof high === 'number' &&
        low < high
      )
    },
  },
  exists: { must: 'Must be true or false.', good: (value) => typeof value === 'boolean' },
}

/** A value, or each of a list. */
export function listOf(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value]
}

function isScalar(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null
}
