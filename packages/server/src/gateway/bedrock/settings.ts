/** What a Converse request says beside its conversation, in the words of the one form. @module */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import { type ChatRequest, readInput } from '@plinth/core'
import { z } from 'zod'
import { reasoningOf } from '../anthropic/reasoning.ts'
import { given, jsonObject, jsonValue, wrong } from '../form.ts'
import { chosenTool, functionTool } from '../tools.ts'
import type { ConverseBody, InferenceConfig, ToolConfig } from './converse-body.ts'
import { topK } from './sampling.ts'

type Settings = Partial<ChatRequest>

export function inferenceOf(config: InferenceConfig | null | undefined): Settings {
  const { maxTokens, temperature, topP, topK, stopSequences } = config ?? {}
  return given({ maxOutputTokens: maxTokens, temperature, topP, topK, stopSequences })
}

/** @param at the path of the configuration. */
export function toolsOf(config: ToolConfig | null | undefined, at: string): Settings {
  if (!config) return {}
  const tools = config.tools.flatMap((tool, index) => toolOf(tool, `${at}.tools.${index}`))
  if (tools.length === 0) throw wrong(`${at}.tools`, 'Must not be empty.')
  const { toolChoice: choice } = config
  if (!choice) return { tools }
  if (choice.tool) return { tools, toolChoice: chosenTool(tools, choice.tool.name, `${at}.toolChoice.tool.name`) }
  if (choice.any) return { tools, toolChoice: { type: 'required' } }
  if (choice.auto) return { tools, toolChoice: { type: 'auto' } }
  throw wrong(`${at}.toolChoice`, 'Must hold auto, any or tool.')
}

function toolOf({ toolSpec, systemTool, cachePoint }: ToolConfig['tools'][number], at: string): LanguageModelV4FunctionTool[] {
  if (systemTool) throw wrong(`${at}.systemTool`, "The provider's own tools are not supported.")
  if (toolSpec) return [functionTool({ ...toolSpec, inputSchema: toolSpec.inputSchema.json })]
  if (cachePoint) return []
  throw wrong(`${at}.toolSpec`, 'Must be given.')
}

/** @param at the path of the body: empty, or with a dot at its end. */
export function outputOf(config: ConverseBody['outputConfig'], at: string): Settings {
  if (!config?.textFormat) return {}
  const { schema, name, description } = config.textFormat.structure.jsonSchema
  const field = `${at}outputConfig.textFormat.structure.jsonSchema.schema`
  return {
    responseFormat: {
      type: 'json',
      schema: readInput(jsonObject, jsonValue(schema, field), field),
      ...given({ name, description }),
    },
  }
}

/**
 * Fields of models' own, of which these are understood: how much a model should think, as Anthropic, Amazon Nova and OpenAI spell it,
 * top_k, and Anthropic's form of output. Whatever else is there is ignored, since it is meant for one model and another may answer.
 * @param at the path of the fields.
 */
export function modelFieldsOf(value: unknown, at: string): Settings {
  if (value === undefined || value === null) return {}
  const fields = readInput(modelFields, value, at)
  const format = fields.output_config?.format
  return given({
    topK: fields.top_k ?? fields.topK ?? fields.inferenceConfig?.topK,
    reasoning: thoughtOf(fields),
    responseFormat:
      format?.type === 'json_schema' && format.schema ? { type: 'json' as const, schema: format.schema } : undefined,
  })
}

function thoughtOf(fields: z.output<typeof modelFields>): ChatRequest['reasoning'] {
  const thinking = fields.thinking ?? fields.reasoning_config
  const nova = fields.reasoningConfig
  if (thinking?.type === 'disabled' || nova?.type === 'disabled') return 'none'
  const effort = fields.output_config?.effort ?? nova?.maxReasoningEffort ?? fields.reasoning_effort ?? fields.reasoning?.effort
  // Nova thinks on a medium level when it isn't told.
  return effort ?? reasoningOf(thinking ?? undefined, undefined) ?? (nova ? 'medium' : undefined)
}

const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish()
const thinking = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('enabled'), budget_tokens: z.int().min(0) }),
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
  output_config: z.object({ effort, format: z.object({ type: z.string(), schema: jsonObject.nullish() }).nullish() }).nullish(),
})
