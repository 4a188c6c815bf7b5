/** What a Converse request says beside its conversation, in the words of the one form. @module */
import type { JSONSchema7 } from '@ai-sdk/provider'
import type { ChatRequest } from '@plinth/core'
import { z } from 'zod'
import { reasoningOf } from '../anthropic/reasoning.ts'
import { checked, jsonValue, wrong } from './checked.ts'
import type { ConverseBody, InferenceConfig, ToolConfig } from './converse-body.ts'

/** A request that is being put together. */
export type Draft = { -readonly [K in keyof ChatRequest]: ChatRequest[K] }

export function addInference(draft: Draft, config: InferenceConfig | null | undefined): void {
  if (!config) return
  const { maxTokens, temperature, topP, topK, stopSequences } = config
  if (maxTokens != null) draft.maxOutputTokens = maxTokens
  if (temperature != null) draft.temperature = temperature
  if (topP != null) draft.topP = topP
  if (topK != null) draft.topK = topK
  if (stopSequences && stopSequences.length > 0) draft.stopSequences = stopSequences
}

/** @param at the path of the configuration. */
export function addTools(draft: Draft, config: ToolConfig | null | undefined, at: string): void {
  if (!config) return
  const tools: NonNullable<Draft['tools']> = []
  for (const [index, { toolSpec, systemTool, cachePoint }] of config.tools.entries()) {
    if (systemTool) throw wrong(`${at}.tools.${index}.systemTool`, "The provider's own tools are not supported")
    if (!toolSpec) {
      if (cachePoint) continue
      throw wrong(`${at}.tools.${index}.toolSpec`, 'must be given')
    }
    const { name, description, inputSchema, strict } = toolSpec
    tools.push({
      type: 'function',
      name,
      inputSchema: inputSchema.json,
      ...(description == null ? {} : { description }),
      ...(strict == null ? {} : { strict }),
    })
  }
  if (tools.length === 0) throw wrong(`${at}.tools`, 'must not be empty')
  draft.tools = tools
  const choice = config.toolChoice
  if (!choice) return
  if (choice.tool) {
    const { name } = choice.tool
    if (!tools.some((tool) => tool.name === name)) throw wrong(`${at}.toolChoice.tool.name`, 'must be the name of a tool')
    draft.toolChoice = { type: 'tool', toolName: name }
  } else if (choice.any) draft.toolChoice = { type: 'required' }
  else if (choice.auto) draft.toolChoice = { type: 'auto' }
  else throw wrong(`${at}.toolChoice`, 'must hold auto, any or tool')
}

export function addOutput(draft: Draft, config: ConverseBody['outputConfig']): void {
  if (!config?.textFormat) return
  const { schema, name, description } = config.textFormat.structure.jsonSchema
  const value = jsonValue(schema, 'outputConfig.textFormat.structure.jsonSchema.schema')
  draft.responseFormat = {
    type: 'json',
    schema: checked(jsonSchema, value, 'outputConfig.textFormat.structure.jsonSchema.schema'),
    ...(name == null ? {} : { name }),
    ...(description == null ? {} : { description }),
  }
}

/**
 * Fields of models' own, of which these are understood: how much a model should think, as Anthropic, Amazon Nova and OpenAI spell it,
 * top_k, and Anthropic's form of output. Whatever else is there is ignored, since it is meant for one model and another may answer.
 * @param at the path of the fields.
 */
export function addModelFields(draft: Draft, given: unknown, at: string): void {
  if (given === undefined || given === null) return
  const fields = checked(modelFields, given, at)
  const topK = fields.top_k ?? fields.topK ?? fields.inferenceConfig?.topK
  if (topK != null) draft.topK = topK
  const thinking = fields.thinking ?? fields.reasoning_config
  const nova = fields.reasoningConfig
  if (thinking?.type === 'disabled' || nova?.type === 'disabled') draft.reasoning = 'none'
  else {
    const effort = fields.output_config?.effort ?? nova?.maxReasoningEffort ?? fields.reasoning_effort ?? fields.reasoning?.effort
    // Nova thinks on a medium level when it isn't told.
    const reasoning = effort ?? reasoningOf(thinking ?? undefined, undefined) ?? (nova ? 'medium' : undefined)
    if (reasoning !== undefined) draft.reasoning = reasoning
  }
  const format = fields.output_config?.format
  if (format?.type === 'json_schema' && format.schema) draft.responseFormat = { type: 'json', schema: format.schema }
}

const jsonSchema: z.ZodType<JSONSchema7> = z.record(z.string(), z.unknown())
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish()
const topK = z.number().int().min(0).nullish()
const thinking = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('enabled'), budget_tokens: z.number().int().min(0) }),
    z.object({ type: z.enum(['adaptive', 'between_tools', 'disabled']) }),
  ])
  .nullish()
const modelFields = z.object({
  top_k: topK,
  topK,
  inferenceConfig: z.object({ topK }).nullish(),
  thinking,
  reasoning_config: thinking,
  reasoningConfig: z.object({ type: z.enum(['enabled', 'disabled']).nullish(), maxReasoningEffort: effort }).nullish(),
  reasoning_effort: effort,
  // A word that others use otherwise.
  reasoning: z.object({ effort }).nullish().catch(undefined),
  output_config: z.object({ effort, format: z.object({ type: z.string(), schema: jsonSchema.nullish() }).nullish() }).nullish(),
})
