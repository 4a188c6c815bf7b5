/**
 * The part of a Converse request that is read, as the service model has it. Null counts as absent, as it does there; what isn't named
 * here is ignored.
 * @module
 */
import type { JSONSchema7 } from '@ai-sdk/provider'
import { z } from 'zod'
import { base64, jsonObject, listOf } from '../form.ts'
import { mostTokens, share, topK } from './sampling.ts'

type Maybe<T> = T | null | undefined

export interface ImageBlock {
  format: 'png' | 'jpeg' | 'gif' | 'webp'
  source: { bytes?: Maybe<string>; s3Location?: unknown }
}

export interface DocumentBlock {
  format?: Maybe<string>
  name: string
  context?: Maybe<string>
  citations?: Maybe<{ enabled?: Maybe<boolean> }>
  source: { bytes?: Maybe<string>; text?: Maybe<string>; content?: Maybe<{ text: string }[]>; s3Location?: unknown }
}

export interface ToolResultBlock {
  toolUseId: string
  status?: Maybe<'success' | 'error'>
  content: {
    text?: Maybe<string>
    json?: unknown
    image?: Maybe<ImageBlock>
    document?: Maybe<DocumentBlock>
    video?: unknown
    searchResult?: unknown
  }[]
}

/** A union: one field of it is set. */
export interface ContentBlock {
  text?: Maybe<string>
  image?: Maybe<ImageBlock>
  document?: Maybe<DocumentBlock>
  toolUse?: Maybe<{ toolUseId: string; name: string; input?: unknown; type?: Maybe<string> }>
  toolResult?: Maybe<ToolResultBlock>
  guardContent?: Maybe<{ text?: Maybe<{ text: string }>; image?: Maybe<ImageBlock> }>
  reasoningContent?: Maybe<{
    reasoningText?: Maybe<{ text: string; signature?: Maybe<string> }>
    redactedContent?: Maybe<string>
    /** Not in the service model; the AI SDK sends it. */
    redactedReasoning?: Maybe<{ data: string }>
  }>
  citationsContent?: Maybe<{ content?: Maybe<{ text?: Maybe<string> }[]> }>
  cachePoint?: unknown
  video?: unknown
  audio?: unknown
  searchResult?: unknown
}

export interface Message {
  role: 'user' | 'assistant'
  content: ContentBlock[]
}

export interface SystemBlock {
  text?: Maybe<string>
  guardContent?: Maybe<{ text?: Maybe<{ text: string }> }>
  cachePoint?: unknown
}

export interface ToolConfig {
  tools: {
    toolSpec?: Maybe<{
      name: string
      description?: Maybe<string>
      inputSchema: { json: JSONSchema7 }
      strict?: Maybe<boolean>
    }>
    systemTool?: unknown
    cachePoint?: unknown
  }[]
  toolChoice?: Maybe<{ auto?: unknown; any?: unknown; tool?: Maybe<{ name: string }> }>
}

export interface InferenceConfig {
  maxTokens?: Maybe<number>
  temperature?: Maybe<number>
  topP?: Maybe<number>
  /** Not in the service model; the AI SDK sends it, and Amazon Nova's own form has it. */
  topK?: Maybe<number>
  stopSequences?: Maybe<string[]>
}

export interface ConverseBody {
  messages: Message[]
  system?: Maybe<SystemBlock[]>
  inferenceConfig?: Maybe<InferenceConfig>
  toolConfig?: Maybe<ToolConfig>
  guardrailConfig?: Maybe<object>
  promptVariables?: Maybe<object>
  additionalModelRequestFields?: unknown
  additionalModelResponseFieldPaths?: Maybe<string[]>
  outputConfig?: Maybe<{
    textFormat?: Maybe<{
      type: 'json_schema'
      structure: { jsonSchema: { schema: string; name?: Maybe<string>; description?: Maybe<string> } }
    }>
  }>
}

const text = z.string().nullish()
const image = z.object({
  format: z.enum(['png', 'jpeg', 'gif', 'webp']),
  source: z.object({ bytes: base64.nullish(), s3Location: z.unknown().optional() }),
})
const document = z.object({
  format: text,
  name: z.string(),
  context: text,
  citations: z.object({ enabled: z.boolean().nullish() }).nullish(),
  source: z.object({
    bytes: base64.nullish(),
    text,
    content: listOf(z.object({ text: z.string() })).nullish(),
    s3Location: z.unknown().optional(),
  }),
})
const toolResult = z.object({
  toolUseId: z.string().min(1),
  status: z.enum(['success', 'error']).nullish(),
  content: listOf(
    z.object({
      text,
      json: z.unknown().optional(),
      image: image.nullish(),
      document: document.nullish(),
      video: z.unknown().optional(),
      searchResult: z.unknown().optional(),
    }),
  ),
})
const guarded = z.object({ text: z.string() }).nullish()
const block = z.object({
  text,
  image: image.nullish(),
  document: document.nullish(),
  toolUse: z
    .object({ toolUseId: z.string().min(1), name: z.string().min(1), input: z.unknown().optional(), type: text })
    .nullish(),
  toolResult: toolResult.nullish(),
  guardContent: z.object({ text: guarded, image: image.nullish() }).nullish(),
  reasoningContent: z
    .object({
      reasoningText: z.object({ text: z.string(), signature: text }).nullish(),
      redactedContent: text,
      redactedReasoning: z.object({ data: z.string() }).nullish(),
    })
    .nullish(),
  citationsContent: z.object({ content: listOf(z.object({ text })).nullish() }).nullish(),
  cachePoint: z.unknown().optional(),
  video: z.unknown().optional(),
  audio: z.unknown().optional(),
  searchResult: z.unknown().optional(),
})

export const toolConfig: z.ZodType<ToolConfig> = z.object({
  tools: listOf(
    z.object({
      toolSpec: z
        .object({
          name: z.string().min(1),
          description: text,
          inputSchema: z.object({ json: jsonObject }),
          strict: z.boolean().nullish(),
        })
        .nullish(),
      systemTool: z.unknown().optional(),
      cachePoint: z.unknown().optional(),
    }),
    { least: 1 },
  ),
  toolChoice: z
    .object({ auto: z.unknown().optional(), any: z.unknown().optional(), tool: z.object({ name: z.string().min(1) }).nullish() })
    .nullish(),
})

export const inferenceFields: { readonly [K in keyof Required<InferenceConfig>]: z.ZodType<InferenceConfig[K]> } = {
  maxTokens: mostTokens,
  temperature: share,
  topP: share,
  topK,
  stopSequences: listOf(z.string().min(1), { most: 2500 }).nullish(),
}

export const messages: z.ZodType<Message[]> = listOf(z.object({ role: z.enum(['user', 'assistant']), content: listOf(block) }), {
  least: 1,
})
export const system: z.ZodType<Maybe<SystemBlock[]>> = listOf(
  z.object({ text, guardContent: z.object({ text: guarded }).nullish(), cachePoint: z.unknown().optional() }),
).nullish()

export const converseBody: z.ZodType<ConverseBody> = z.object({
  messages,
  system,
  inferenceConfig: z.object(inferenceFields).nullish(),
  toolConfig: toolConfig.nullish(),
  guardrailConfig: jsonObject.nullish(),
  promptVariables: jsonObject.nullish(),
  additionalModelRequestFields: z.unknown().optional(),
  additionalModelResponseFieldPaths: listOf(z.string(), { most: 10 }).nullish(),
  outputConfig: z
    .object({
      textFormat: z
        .object({
          type: z.literal('json_schema'),
          structure: z.object({ jsonSchema: z.object({ schema: z.string(), name: text, description: text }) }),
        })
        .nullish(),
    })
    .nullish(),
})
