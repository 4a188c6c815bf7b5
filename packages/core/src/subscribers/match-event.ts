import { isObject, type JsonObject, type JsonValue } from '../json.ts'
import type { EventEnvelope } from '../ports/event-bus.ts'
import { type EventPattern, listOf } from './event-pattern.ts'
import { matchesWildcard, wildcardParts } from './wildcard.ts'

/** Lists of lists are looked into so far. */
const deepestList = 8

/** Whether an event is one that a pattern asks for. The empty pattern asks for every event. */
export function matchesEvent(pattern: EventPattern, event: EventEnvelope): boolean {
  return matchesFields(pattern, event as unknown as JsonObject)
}

function matchesFields(pattern: JsonObject, object: JsonObject): boolean {
  for (const name in pattern) {
    const wanted = pattern[name]
    if (wanted === undefined) continue
    if (!matchesField(name, wanted, object)) return false
  }
  return true
}

function matchesField(name: string, wanted: JsonValue, object: JsonObject): boolean {
  if (name === '$or') return listOf(wanted).some((alternative) => matchesFields(alternative as JsonObject, object))
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  if (Array.isArray(wanted)) return passesAny(wanted as readonly JsonValue[], value)
  // Of a list of objects one must hold all of it. Where there is no object, everything in it is absent.
  const objects = valuesOf(value).filter(isObject)
  const inner = wanted as JsonObject
  return objects.length === 0 ? matchesFields(inner, {}) : objects.some((one) => matchesFields(inner, one))
}

function passesAny(tests: readonly JsonValue[], value: JsonValue | undefined): boolean {
  const leaves = valuesOf(value).filter((leaf) => !isObject(leaf))
  return tests.some((test) => {
    if (isObject(test) && 'exists' in test) return test.exists === leaves.length > 0
    return leaves.some((leaf) => passes(test, leaf))
  })
}

function passes(test: JsonValue, leaf: JsonValue): boolean {
  if (!isObject(test)) return test === leaf
  for (const name in test) {
    const value = test[name] ?? null
    if (name === 'anything-but')
      return isObject(value)
        ? !listOf(Object.values(value)[0] ?? null).some((one) => passesText(Object.keys(value)[0], one, leaf))
        : !listOf(value).includes(leaf)
    if (name === 'numeric') return typeof leaf === 'number' && inRange(listOf(value), leaf)
    return passesText(name, value, leaf)
  }
  return false
}

function passesText(test: string | undefined, value: JsonValue, leaf: JsonValue): boolean {
  if (typeof leaf !== 'string' || typeof value !== 'string') return false
  if (test === 'prefix') return leaf.startsWith(value)
  if (test === 'suffix') return leaf.endsWith(value)
  if (test === 'equals-ignore-case') return leaf.toLowerCase() === value.toLowerCase()
  return test === 'wildcard' && matchesWildcard(wildcardParts(value) ?? [value], leaf)
}

/** `[operator, bound]`, once or twice. */
function inRange(comparisons: readonly JsonValue[], leaf: number): boolean {
  for (let index = 0; index < comparisons.length; index += 2) {
    if (!compares(comparisons[index], leaf, Number(comparisons[index + 1]))) return false
  }
  return true
}

function compares(operator: JsonValue | undefined, leaf: number, bound: number): boolean {
  if (operator === '=') return leaf === bound
  if (operator === '<') return leaf < bound
  if (operator === '<=') return leaf <= bound
  return operator === '>' ? leaf > bound : leaf >= bound
}

/** A field's value, or the values of its list. */
function valuesOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value.flat(deepestList) as readonly JsonValue[]).filter((item) => !Array.isArray(item)) : [value]
}
