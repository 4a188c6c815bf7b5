/** The forms of routes as JSON Schemas of tools. @module */
import { z } from 'zod'
import type { JsonSchema } from './tool.ts'

type Properties = Readonly<Record<string, JsonSchema>>

/** What a form takes, as the schema of an object. */
export function inputOf(form: z.ZodType | undefined): { readonly properties: Properties; readonly required: readonly string[] } {
  const { properties = {}, required = [] } = (form ? schemaOf(form, 'input') : {}) as {
    properties?: Properties
    required?: readonly string[]
  }
  return { properties, required }
}

/** What a form shows. Fields may be added to it: clients that check answers must not stumble over them. */
export function outputOf(form: z.ZodType): JsonSchema {
  return widened(schemaOf(form, 'output')) as JsonSchema
}

function schemaOf(form: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(form, { io, unrepresentable: 'any' }) as Record<string, unknown>
  return schema
}

/** Without what closes objects, and without the long patterns of times, which say no more than their format. */
function widened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(widened)
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema).filter(
    ([name, value]) => !(name === 'additionalProperties' && value === false) && !(name === 'pattern' && 'format' in schema),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, widened(value)]))
}
