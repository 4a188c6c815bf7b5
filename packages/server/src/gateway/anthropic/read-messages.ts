/** Anthropic's Messages API, which Bedrock's InvokeModel speaks too with Anthropic's models. @module */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import { type ChatRequest, InvalidInputError } from '@plinth/core'
import type { Answer } from '../../exchange.ts'
import type { ChatCall } from '../protocol.ts'
import {
  type ChatBody,
  parseCount,
  parseInvocation,
  parseMessages,
  type SampledBody,
  type ToolBody,
  type ToolChoice,
} from './body.ts'
import { messageAnswer } from './message.ts'
import { promptOf } from './prompt.ts'
import { reasoningOf } from './reasoning.ts'
import { messageStream } from './stream.ts'

export interface ReadOptions {
  /** Where the path names the model. */
  readonly modelId?: string
  /** Where the path says whether the answer is streamed. */
  readonly streamed?: boolean
  /** Which body it is; by default `invoke`, whose body holds neither model nor stream, when `modelId` is given. */
  readonly path?: 'messages' | 'invoke'
}

/** Reads a call. @throws InvalidInputError that names the field. */
export function readMessages(body: unknown, options: ReadOptions = {}): ChatCall {
  const { modelId, streamed = false, path = modelId === undefined ? 'messages' : 'invoke' } = options
  if (path === 'messages') {
    const read = parseMessages(body)
    return callOf(sampledRequest(read, read.model), read.stream ?? streamed)
  }
  if (modelId === undefined) throw new InvalidInputError('The path must name a model.')
  return callOf(sampledRequest(parseInvocation(body), modelId), streamed)
}

/** Reads a question for the length of a prompt. @throws InvalidInputError that names the field. */
export function readCountTokens(body: unknown): ChatRequest {
  const read = parseCount(body)
  return chatRequest(read, read.model)
}

export function countTokensAnswer(tokens: number): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `{"input_tokens":${tokens}}` }
}

function callOf(request: ChatRequest, streamed: boolean): ChatCall {
  return { request, streamed, answer: messageAnswer, stream: messageStream }
}

function sampledRequest(body: SampledBody, modelId: string): ChatRequest {
  const { max_tokens, stop_sequences, temperature, top_p, top_k } = body
  return {
    ...chatRequest(body, modelId),
    maxOutputTokens: max_tokens,
    ...(stop_sequences && stop_sequences.length > 0 && { stopSequences: [...stop_sequences] }),
    ...(temperature !== undefined && { temperature }),
    ...(top_p !== undefined && { topP: top_p }),
    ...(top_k !== undefined && { topK: top_k }),
  }
}

function chatRequest(body: ChatBody, modelId: string): ChatRequest {
  const { system, messages, tools = [], tool_choice, thinking, output_config, output_format } = body
  const format = output_config?.format ?? output_format
  const reasoning = reasoningOf(thinking, output_config?.effort)
  return {
    modelId,
    prompt: promptOf(system, messages),
    ...(tools.length > 0 && { tools: tools.map(functionTool) }),
    ...(tool_choice && { toolChoice: toolChoice(tool_choice, tools) }),
    ...(format && { responseFormat: { type: 'json', schema: format.schema } }),
    ...(reasoning !== undefined && { reasoning }),
  }
}

function functionTool({ name, description, input_schema, strict, input_examples }: ToolBody): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name,
    inputSchema: input_schema,
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
    ...(input_examples && { inputExamples: input_examples.map((input) => ({ input: input as JsonObject })) }),
  }
}

type JsonObject = NonNullable<LanguageModelV4FunctionTool['inputExamples']>[number]['input']

function toolChoice(choice: ToolChoice, tools: readonly ToolBody[]): NonNullable<ChatRequest['toolChoice']> {
  if (choice.type === 'auto' || choice.type === 'none') return { type: choice.type }
  if (tools.length === 0) throw new InvalidInputError('Without tools none can be chosen.', { field: 'tool_choice' })
  if (choice.type === 'any') return { type: 'required' }
  if (!tools.some(({ name }) => name === choice.name))
    throw new InvalidInputError('There is no tool of this name.', { field: 'tool_choice.name' })
  return { type: 'tool', toolName: choice.name }
}
