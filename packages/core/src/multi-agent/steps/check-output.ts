import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../json.ts'
import { jsonInText } from '../plan/json-in-text.ts'
import type { Step } from '../plan/plan.ts'

/** Whether a step's answer is what was asked for: with the value, where it is to be JSON; or what is wrong with it. */
export type CheckedOutput = { readonly json?: JsonValue } | { readonly fault: string }

/** Holds an answer against the JSON Schema of its step; without one anything but nothing will do. */
export function checkOutput({ expected_output: expected }: Step, text: string): CheckedOutput {
  if (text.trim() === '') return { fault: 'The answer is empty.' }
  if (expected === undefined || typeof expected === 'string') return {}
  const value = valueIn(text)
  if (value === undefined) return { fault: 'The answer holds no whole JSON value.' }
  const parsed = schemaOf(expected).safeParse(value)
  if (parsed.success) return { json: value }
  const faults = parsed.error.issues.slice(0, 10).map(({ path, message }) => `${path.join('.') || 'the value'}: ${message}`)
  return { fault: `The answer does not fit its schema: ${faults.join('; ')}` }
}

/** @throws Error for a schema that can't be checked. */
export function schemaOf(schema: JsonObject): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
}

function valueIn(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text.trim())
  } catch {
    const found = jsonInText(text)
    return 'value' in found ? (found.value as JsonValue) : undefined
  }
}
