/** The body of POST /v1/chat/completions, as far as it is understood here: what is not named is ignored. @module */
import type { JSONSchema7 } from '@ai-sdk/provider'
import { isObject } from '@plinth/core'
import { z } from 'zod'
import { jsonObject, listOf } from '../form.ts'

export interface TextPart {
  type: 'text'
  text: string
}

export interface ImagePart {
  type: 'image_url'
  image_url: { url: string; detail?: 'auto' | 'low' | 'high' | 'original' | null | undefined }
}

export interface RefusalPart {
  type: 'refusal'
  refusal: string
}

export interface ToolCall {
  id: string
  function: { name: string; arguments: string }
}

export interface AssistantMessage {
  role: 'assistant'
  content?: string | (TextPart | RefusalPart)[] | null | undefined
  refusal?: string | null | undefined
  /** Not OpenAI's, but what compatible servers and clients call it. */
  reasoning_content?: string | null | undefined
  tool_calls?: ToolCall[] | null | undefined
}

export interface ToolMessage {
  role: 'tool'
  tool_call_id: string
  /** Images are not OpenAI's, but compatible clients send them. */
  content: string | (TextPart | ImagePart)[]
}

export type Message =
  | { role: 'system' | 'developer'; content: string | TextPart[] }
  | { role: 'user'; content: string | (TextPart | ImagePart)[] }
  | AssistantMessage
  | ToolMessage

export interface FunctionTool {
  function: {
    name: string
    description?: string | null | undefined
    parameters?: JSONSchema7 | null | undefined
    strict?: boolean | null | undefined
  }
}

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      json_schema: { name: string; description?: string | null | undefined; schema?: JSONSchema7 | null | undefined }
    }

export interface ChatBody {
  model: string
  messages: Message[]
  tools?: FunctionTool[] | null | undefined
  tool_choice?: 'none' | 'auto' | 'required' | { function: { name: string } } | null | undefined
  response_format?: ResponseFormat | null | undefined
  max_tokens?: number | null | undefined
  max_completion_tokens?: number | null | undefined
  stop?: string | string[] | null | undefined
  temperature?: number | null | undefined
  top_p?: number | null | undefined
  presence_penalty?: number | null | undefined
  frequency_penalty?: number | null | undefined
  seed?: number | null | undefined
  reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null | undefined
  stream?: boolean | null | undefined
  stream_options?: { include_usage?: boolean | null | undefined } | null | undefined
}

const noFunctions = 'Functions are deprecated, and not taken here: send `tools` and `tool_choice`, and roles assistant and tool.'

const name = z.string().min(1)
const text = z.object({ type: z.literal('text'), text: z.string() })
const refusal = z.object({ type: z.literal('refusal'), refusal: z.string() })
const image = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high', 'original']).nullish() }),
})
const noText = 'Must be a text or a list of parts.'
const unknownPart = (known: string): string => `Content of this type can't be passed on. Here it is ${known}.`
const atLeastOne = { least: 1 }
const texts = z.union([z.string(), listOf(text, atLeastOne)], noText)
const textsAndImages = z.union(
  [z.string(), listOf(z.discriminatedUnion('type', [text, image], { error: unknownPart('text or image_url') }), atLeastOne)],
  noText,
)

const message = z.discriminatedUnion(
  'role',
  [
    z.object({ role: z.enum(['system', 'developer']), content: texts }),
    z.object({ role: z.literal('user'), content: textsAndImages }),
    z.object({
      role: z.literal('assistant'),
      content: z
        .union(
          [
            z.string(),
            listOf(z.discriminatedUnion('type', [text, refusal], { error: unknownPart('text or refusal') }), atLeastOne),
          ],
          noText,
        )
        .nullish(),
      refusal: z.string().nullish(),
      reasoning_content: z.string().nullish(),
      tool_calls: listOf(
        z.object({
          id: z.string().min(1),
          type: z.literal('function', 'Calls of this type are not known here.').optional(),
          function: z.object({ name, arguments: z.string() }),
        }),
      ).nullish(),
      function_call: z.null(noFunctions).optional(),
      audio: z.null('Audio is not passed on.').optional(),
    }),
    z.object({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: textsAndImages }),
  ],
  {
    error: ({ input }) =>
      isObject(input) && input.role === 'function' ? noFunctions : 'Must be system, developer, user, assistant or tool.',
  },
)

const tool = z.object({
  type: z.literal('function', 'Only tools of type function can be passed on.'),
  function: z.object({
    name,
    description: z.string().nullish(),
    parameters: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
})

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.object({
    type: z.literal('function', 'Only none, auto, required and a function can be passed on.'),
    function: z.object({ name }),
  }),
])

const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object({ name, description: z.string().nullish(), schema: jsonObject.nullish() }),
    }),
  ],
  { error: 'Must be text, json_object or json_schema.' },
)

const tokens = z.int().min(1).nullish()
const penalty = z.number().min(-2).max(2).nullish()
const noLogprobs = 'Log probabilities can not be passed on.'

export const chatBody: z.ZodType<ChatBody> = z.object({
  model: name,
  messages: listOf(message, atLeastOne),
  tools: listOf(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  response_format: responseFormat.nullish(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  stop: z.union([z.string().min(1), listOf(z.string().min(1))], 'Must be a text or a list of texts.').nullish(),
  // `parallel_tool_calls: false` is passed over: the one form can't say it, frameworks send it always, and clients take several calls.
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  seed: z.int().nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  // What would change the answer, and can't be passed on: refused rather than forgotten.
  n: z.literal(1, 'One answer a call.').nullish(),
  logprobs: z.literal(false, noLogprobs).nullish(),
  top_logprobs: z.literal(0, noLogprobs).nullish(),
  logit_bias: z
    .custom((value) => isObject(value) && Object.keys(value).length === 0, 'Biases of tokens can not be passed on.')
    .nullish(),
  modalities: listOf(z.literal('text', 'Only text is answered.')).nullish(),
  audio: z.null('Audio is not passed on.').optional(),
  web_search_options: z.null('The web is not searched here.').optional(),
  moderation: z.null('Moderation is set by the tenant, not by the call.').optional(),
  functions: z.null(noFunctions).optional(),
  function_call: z.null(noFunctions).optional(),
})
