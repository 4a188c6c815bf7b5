import type { JsonObject, JsonValue } from '../../json.ts'
import { checkBy } from '../json-schemas.ts'
import { jsonInText } from '../plan/json-in-text.ts'
import type { Step } from '../plan/plan.ts'

/** Whether a step's answer is what was asked for: with the value, where it is to be JSON; or what is wrong with it. */
type CheckedOutput = { readonly json?: JsonValue } | { readonly fault: string }

/** Holds an answer against the JSON Schema of its step; without one anything but nothing will do. */
export function checkOutput({ expected_output: expected }: Pick<Step, 'expected_output'>, text: string): CheckedOutput {
  if (text.trim() === '') return { fault: 'The answer is empty.' }
  if (expected === undefined || typeof expected === 'string') return {}
  const value = valueIn(text)
  if (value === undefined) return { fault: 'The answer holds no whole JSON value.' }
  const check = checkBy(expected)
  const faults = typeof check === 'function' ? check(value) : [check.fault]
  if (faults.length === 0) return { json: value }
  return { fault: `The answer does not fit its schema: ${faults.join('; ').replace(/\.$/, '')}.` }
}

/** The form of an answer as models take one: they give objects only. */
export function formOf({ expected_output: expected }: Pick<Step, 'expected_output'>): JsonObject | undefined {
  return typeof expected === 'object' && expected.type === 'object' ? expected : undefined
}

const fence = /^```(?:json)?\s*\n([\s\S]*)\n\s*```$/i

/** Bare, in a fence, or an object with words around it. */
function valueIn(text: string): JsonValue | undefined {
  const trimmed = text.trim()
  for (const whole of [trimmed, fence.exec(trimmed)?.[1]]) {
    if (whole === undefined) continue
    try {
      return JSON.parse(whole)
    } catch {}
  }
  const found = jsonInText(text)
  return 'value' in found ? (found.value as JsonValue) : undefined
}
