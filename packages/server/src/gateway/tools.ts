/** Tools, their calls and results in the one form, as all protocols make them of their own. @module */
import type {
  JSONSchema7,
  LanguageModelV4FunctionTool,
  LanguageModelV4TextPart,
  LanguageModelV4ToolChoice,
  LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider'
import { isObject } from '@plinth/core'
import type { ImageFile } from './content.ts'
import { given, type JsonObject, wrong } from './form.ts'

export interface ToolFields {
  readonly name: string
  readonly description?: string | null | undefined
  readonly inputSchema: JSONSchema7
  readonly strict?: boolean | null | undefined
}

export function functionTool({ name, inputSchema, description, strict }: ToolFields): LanguageModelV4FunctionTool {
  return { type: 'function', name, inputSchema, ...given({ description, strict }) }
}

/** @throws InvalidInputError when no tool has the name. */
export function chosenTool(
  tools: readonly { readonly name: string }[],
  toolName: string,
  field: string,
): LanguageModelV4ToolChoice {
  if (!tools.some(({ name }) => name === toolName)) throw wrong(field, 'There is no tool of this name.')
  return { type: 'tool', toolName }
}

/**
 * The arguments of a call. Clients and providers count on an object; what a model wrote instead is handed on inside one, under the name
 * that the AI SDK gives it.
 */
export function toolInput(json: string): JsonObject {
  if (json.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : { rawInvalidInput: value }
  } catch {
    return { rawInvalidInput: json }
  }
}

/** What a tool gave back, as texts and images. */
export function toolOutput(
  parts: readonly (LanguageModelV4TextPart | ImageFile)[],
  failed: boolean,
): LanguageModelV4ToolResultOutput {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  const isText = texts.length === parts.length
  if (failed && isText) return { type: 'error-text', value: texts.join('\n') }
  if (isText && texts.length < 2) return { type: 'text', value: texts.join('') }
  // The one form has no error with images in it, so words have to say it.
  return { type: 'content', value: failed ? [{ type: 'text', text: 'The tool failed.' }, ...parts] : [...parts] }
}
