import { type ChatRequest, readInput } from '@plinth/core'
import { type FieldOf, fieldsBy } from '../client-fields.ts'
import { given, wrong } from '../form.ts'
import type { ChatCall } from '../protocol.ts'
import { chosenTool, functionTool } from '../tools.ts'
import { chatAnswer } from './chat-answer.ts'
import { type ChatBody, chatBody, type FunctionTool, type ResponseFormat } from './chat-body.ts'
import { chatStream } from './chat-stream.ts'
import { readPrompt } from './read-prompt.ts'

export interface ReadChat {
  readonly request: ChatRequest
  readonly streamed: boolean
  /** Whether the client asked for the chunk of usage. */
  readonly includeUsage: boolean
  readonly fieldOf: FieldOf
}

/** POST /v1/chat/completions. @throws InvalidInputError, as {@link readChat}. */
export function readChatCompletion(body: unknown): ChatCall {
  const { includeUsage, ...read } = readChat(body)
  return { ...read, answer: chatAnswer, stream: (head) => chatStream(head, includeUsage) }
}

/** @throws InvalidInputError for what is malformed, and for what can't be passed on and would change the answer. */
export function readChat(body: unknown): ReadChat {
  const form = readInput(chatBody, body)
  return {
    request: readRequest(form),
    streamed: form.stream === true,
    includeUsage: form.stream_options?.include_usage === true,
    fieldOf: fieldsOf(form),
  }
}

function fieldsOf(form: ChatBody): FieldOf {
  const most = form.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens'
  return fieldsBy({ max_tokens: most, stop_sequences: 'stop' }, () => {
    const places: string[] = []
    readPrompt(form.messages, places)
    return places
  })
}

function readRequest(form: ChatBody): ChatRequest {
  return {
    modelId: form.model,
    prompt: readPrompt(form.messages),
    ...readTools(form),
    ...given({
      maxOutputTokens: readLimit(form),
      stopSequences: typeof form.stop === 'string' ? [form.stop] : form.stop,
      responseFormat: readFormat(form.response_format),
      temperature: form.temperature,
      topP: form.top_p,
      presencePenalty: form.presence_penalty,
      frequencyPenalty: form.frequency_penalty,
      seed: form.seed,
      reasoning: form.reasoning_effort,
    }),
  }
}

function readLimit({ max_tokens, max_completion_tokens }: ChatBody): number | null | undefined {
  if (max_tokens != null && max_completion_tokens != null && max_tokens !== max_completion_tokens)
    throw wrong('max_tokens', 'Says another limit than max_completion_tokens.')
  return max_completion_tokens ?? max_tokens
}

function readTools(form: ChatBody): Pick<ChatRequest, 'tools' | 'toolChoice'> {
  const choice = form.tool_choice
  if (!form.tools?.length) {
    if (choice == null || choice === 'none' || choice === 'auto') return {}
    throw wrong('tool_choice', 'There are no tools to choose from.')
  }
  const tools = form.tools.map(readTool)
  if (choice == null) return { tools }
  if (typeof choice === 'string') return { tools, toolChoice: { type: choice } }
  return { tools, toolChoice: chosenTool(tools, choice.function.name, 'tool_choice.function.name') }
}

function readTool({ function: called }: FunctionTool): ReturnType<typeof functionTool> {
  // OpenAI: "Omitting parameters defines a function with an empty parameter list."
  return functionTool({ ...called, inputSchema: called.parameters ?? { type: 'object', properties: {} } })
}

function readFormat(format: ResponseFormat | null | undefined): ChatRequest['responseFormat'] {
  if (format == null || format.type === 'text') return undefined
  return { type: 'json', ...(format.type === 'json_schema' && given(format.json_schema)) }
}
