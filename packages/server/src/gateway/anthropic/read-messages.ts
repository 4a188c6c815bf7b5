/** Anthropic's Messages API, which Bedrock's InvokeModel speaks too with Anthropic's models. @module */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import { type ChatRequest, readInput } from '@plinth/core'
import type { Answer } from '../../exchange.ts'
import { type FieldOf, fieldsBy } from '../client-fields.ts'
import { given, wrong } from '../form.ts'
import { jsonAnswer } from '../json-answer.ts'
import type { ChatCall } from '../protocol.ts'
import { chosenTool, functionTool } from '../tools.ts'
import { type ChatBody, countBody, messagesBody, type SampledBody, sampledBody, type ToolBody, type ToolChoice } from './body.ts'
import { messageAnswer } from './message.ts'
import { promptOf } from './prompt.ts'
import { reasoningOf } from './reasoning.ts'
import { messageStream } from './stream.ts'

/** `POST /v1/messages`. @throws InvalidInputError that names the field. */
export function readMessages(body: unknown): ChatCall {
  const read = readInput(messagesBody, body)
  return {
    request: sampledRequest(read, read.model),
    streamed: read.stream ?? false,
    answer: messageAnswer,
    stream: messageStream,
    fieldOf: fieldsOf(read),
  }
}

/** What Bedrock is asked by InvokeModel, where the path names the model. @throws InvalidInputError that names the field. */
export function readInvocation(body: unknown, modelId: string): { readonly request: ChatRequest; readonly fieldOf: FieldOf } {
  const read = readInput(sampledBody, body)
  return { request: sampledRequest(read, modelId), fieldOf: fieldsOf(read) }
}

function fieldsOf({ system, messages, output_config }: ChatBody): FieldOf {
  const format = output_config?.format ? 'output_config.format' : 'output_format'
  return fieldsBy({ response_format: format, reasoning: 'thinking' }, () => {
    const places: string[] = []
    promptOf(system, messages, places)
    return places
  })
}

/** Reads a question for the length of a prompt. @throws InvalidInputError that names the field. */
export function readCountTokens(body: unknown): ChatRequest {
  const read = readInput(countBody, body)
  return chatRequest(read, read.model)
}

export function countTokensAnswer(tokens: number): Answer {
  return jsonAnswer({ input_tokens: tokens })
}

function sampledRequest(body: SampledBody, modelId: string): ChatRequest {
  return {
    ...chatRequest(body, modelId),
    ...given({
      maxOutputTokens: body.max_tokens,
      stopSequences: body.stop_sequences,
      temperature: body.temperature,
      topP: body.top_p,
      topK: body.top_k,
    }),
  }
}

function chatRequest(body: ChatBody, modelId: string): ChatRequest {
  const { system, messages, tools = [], tool_choice, thinking, output_config, output_format } = body
  const format = output_config?.format ?? output_format
  return {
    modelId,
    prompt: promptOf(system, messages),
    ...given({
      tools: tools.map(toolOf),
      toolChoice: tool_choice && toolChoice(tool_choice, tools),
      responseFormat: format && { type: 'json' as const, schema: format.schema },
      reasoning: reasoningOf(thinking, output_config?.effort),
    }),
  }
}

function toolOf({ input_schema, input_examples, ...tool }: ToolBody): LanguageModelV4FunctionTool {
  return {
    ...functionTool({ ...tool, inputSchema: input_schema }),
    ...(input_examples && { inputExamples: input_examples.map((input) => ({ input: input as ExampleInput })) }),
  }
}

type ExampleInput = NonNullable<LanguageModelV4FunctionTool['inputExamples']>[number]['input']

/** `disable_parallel_tool_use` is passed over: the one form can't say it, and clients take several calls. */
function toolChoice(choice: ToolChoice, tools: readonly ToolBody[]): NonNullable<ChatRequest['toolChoice']> {
  if (choice.type === 'auto' || choice.type === 'none') return { type: choice.type }
  if (tools.length === 0) throw wrong('tool_choice', 'There are no tools to choose from.')
  if (choice.type === 'any') return { type: 'required' }
  return chosenTool(tools, choice.name, 'tool_choice.name')
}
