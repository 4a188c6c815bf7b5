/** The bodies of the Messages API: checked once, what is unknown in them ignored. @module */
import { z } from 'zod'
import { type JsonObject, jsonObject, listOf, unsupported } from '../form.ts'
import { type Message, message, type TextBlock, texts } from './blocks.ts'

export interface ToolBody {
  readonly name: string
  readonly description?: string | undefined
  readonly input_schema: JsonObject
  readonly strict?: boolean | undefined
  readonly input_examples?: readonly JsonObject[] | undefined
}

export interface JsonFormat {
  readonly type: 'json_schema'
  readonly schema: JsonObject
}

export type Thinking =
  | { readonly type: 'enabled'; readonly budget_tokens: number }
  | { readonly type: 'adaptive' | 'between_tools' | 'disabled' }

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'any' }
  | { readonly type: 'none' }
  | { readonly type: 'tool'; readonly name: string }

/** What all bodies share. */
export interface ChatBody {
  readonly messages: readonly Message[]
  readonly system?: string | readonly TextBlock[] | undefined
  readonly tools?: readonly ToolBody[] | undefined
  readonly tool_choice?: ToolChoice | undefined
  readonly thinking?: Thinking | undefined
  readonly output_config?:
    | { readonly effort?: Effort | null | undefined; readonly format?: JsonFormat | null | undefined }
    | undefined
  /** An older name of `output_config.format`. */
  readonly output_format?: JsonFormat | null | undefined
}

export interface SampledBody extends ChatBody {
  readonly max_tokens: number
  readonly stop_sequences?: string[] | undefined
  readonly temperature?: number | undefined
  readonly top_p?: number | undefined
  readonly top_k?: number | undefined
}

export interface MessagesBody extends SampledBody {
  readonly model: string
  readonly stream?: boolean | undefined
}

export interface CountBody extends ChatBody {
  readonly model: string
}

const tool = z.object({
  // First, so that it is what a server tool is refused for.
  type: z.literal('custom', "Tools that run on the provider's servers are not supported.").nullish(),
  name: z.string().min(1).max(256),
  description: z.string().optional(),
  input_schema: jsonObject,
  strict: z.boolean().optional(),
  input_examples: listOf(jsonObject).optional(),
  allowed_callers: listOf(z.string())
    .refine((callers) => callers.includes('direct'), 'Tools that only server tools may call are not supported.')
    .nullish(),
})

const jsonFormat = z.object({ type: z.literal('json_schema'), schema: jsonObject }).nullish()

const chat = {
  messages: listOf(message),
  system: texts.optional(),
  tools: listOf(tool).optional(),
  tool_choice: z
    .discriminatedUnion(
      'type',
      [z.object({ type: z.enum(['auto', 'any', 'none']) }), z.object({ type: z.literal('tool'), name: z.string().min(1) })],
      'Must be auto, any, tool or none.',
    )
    .optional(),
  thinking: z
    .discriminatedUnion(
      'type',
      [
        z.object({ type: z.literal('enabled'), budget_tokens: z.int().min(1024) }),
        z.object({ type: z.enum(['adaptive', 'between_tools', 'disabled']) }),
      ],
      'Must be enabled, adaptive, between_tools or disabled.',
    )
    .optional(),
  output_config: z.object({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(), format: jsonFormat }).optional(),
  output_format: jsonFormat,
  mcp_servers: unsupported('MCP servers are not supported.'),
  container: unsupported('Containers are not supported.'),
  thread: unsupported('Threads kept by the provider are not supported.'),
  compaction: unsupported('Compaction is not supported.'),
  // Where a prompt goes is the tenant's setting; a wish that would not be kept is refused.
  inference_geo: z.literal('global', 'A region per request is not supported.').nullish(),
}

const sampled = {
  ...chat,
  max_tokens: z.int().min(1),
  stop_sequences: listOf(z.string().min(1)).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).optional(),
}

const model = z.string().min(1)
/** Of Bedrock's InvokeModel, where the path names the model and says whether it streams. */
export const sampledBody: z.ZodType<SampledBody> = z.object(sampled)
/** Of `POST /v1/messages`. */
export const messagesBody: z.ZodType<MessagesBody> = z.object({ model, ...sampled, stream: z.boolean().optional() })
/** Of `POST /v1/messages/count_tokens`. */
export const countBody: z.ZodType<CountBody> = z.object({ model, ...chat })
