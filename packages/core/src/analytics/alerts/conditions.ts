import type { JsonObject, JsonValue } from '../../json.ts'
import type { AlertRule, Operator } from './rules.ts'

const longestText = 100
const numberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** The value at a path into objects; undefined when something on the way isn't there. */
export function valueAt(object: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined
    value = (value as JsonObject)[name]
  }
  return value
}

/**
 * Whether a value passes a rule's test. Numbers may come as texts (X46). What isn't there passes `absent` alone: a rule never fires on
 * what nobody measured.
 */
export function holds(rule: Pick<AlertRule, 'operator' | 'threshold'>, value: JsonValue | undefined): boolean {
  const { operator, threshold } = rule
  if (operator === 'absent') return value === undefined || value === null
  if (value === undefined || value === null || threshold === undefined) return false
  if (operator === 'contains') return contains(value, String(threshold).toLowerCase())
  if (operator === '==') return equals(value, threshold)
  if (operator === '!=') return !equals(value, threshold)
  const number = numberOf(value)
  return number !== undefined && typeof threshold === 'number' && compares(operator, number, threshold)
}

function compares(operator: Operator, value: number, threshold: number): boolean {
  if (operator === '>') return value > threshold
  if (operator === '>=') return value >= threshold
  return operator === '<' ? value < threshold : value <= threshold
}

function equals(value: JsonValue, threshold: number | string): boolean {
  if (typeof threshold === 'number') return numberOf(value) === threshold
  return typeof value !== 'object' && String(value) === threshold
}

/** In any case: of a text a part of it, of a list one of its elements. */
function contains(value: JsonValue, part: string): boolean {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).some((element) => contains(element, part))
  return typeof value !== 'object' && String(value).toLowerCase().includes(part)
}

function numberOf(value: JsonValue): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && numberText.test(value.trim()) ? Number(value) : undefined
}

/** A value as findings hold it: a number, or a text that isn't long. */
export function findingValue(value: JsonValue | undefined): number | string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return value
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longestText)
}

const words: Readonly<Record<Exclude<Operator, 'absent'>, string>> = {
  '>': 'above',
  '>=': 'at or above',
  '<': 'below',
  '<=': 'at or below',
  '==': 'equal to',
  '!=': 'other than',
  contains: 'containing',
}

/** Why a rule fired, in plain words. */
export function reasonOf(rule: AlertRule, value: JsonValue | undefined): string {
  const held = rule.for_seconds > 0 ? `, for ${rule.for_seconds} s` : ''
  const by = `rule ${rule.name ?? rule.rule_id}`
  if (rule.operator === 'absent') return `${rule.field} is absent${held} (${by}).`
  return `${rule.field} is ${findingValue(value) ?? 'null'}, ${words[rule.operator]} ${rule.threshold}${held} (${by}).`
}

/** Of a finding that a rule made: how far it is from harmless, as the user has it. */
export function scoreOf(rule: Pick<AlertRule, 'severity'>): number {
  return rule.severity === 'low' ? 0.7 : rule.severity === 'medium' ? 0.85 : 1
}
