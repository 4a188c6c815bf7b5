import { type ChatRequest, InvalidInputError } from '@plinth/core'
import type { ChatCall } from '../protocol.ts'
import { chatAnswer } from './chat-answer.ts'
import { type ChatBody, chatBody, type FunctionTool, type ResponseFormat } from './chat-body.ts'
import { chatStream } from './chat-stream.ts'
import { readForm } from './form.ts'
import { readPrompt } from './read-prompt.ts'

/**
 * POST /v1/chat/completions.
 * @throws InvalidInputError for what is malformed, and for what can't be passed on and would change the answer.
 */
export function readChatCompletion(body: unknown): ChatCall {
  const form = readForm(chatBody, body)
  return {
    request: readRequest(form),
    streamed: form.stream === true,
    answer: chatAnswer,
    stream: (head) => chatStream(head, form.stream_options?.include_usage === true),
  }
}

function readRequest(form: ChatBody): ChatRequest {
  const { temperature, top_p, presence_penalty, frequency_penalty, seed, reasoning_effort } = form
  const maxOutputTokens = readLimit(form)
  const stop = typeof form.stop === 'string' ? [form.stop] : form.stop
  const responseFormat = readFormat(form.response_format)
  return {
    modelId: form.model,
    prompt: readPrompt(form.messages),
    ...readTools(form),
    ...(maxOutputTokens == null ? {} : { maxOutputTokens }),
    ...(stop?.length ? { stopSequences: stop } : {}),
    ...(responseFormat ? { responseFormat } : {}),
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(presence_penalty == null ? {} : { presencePenalty: presence_penalty }),
    ...(frequency_penalty == null ? {} : { frequencyPenalty: frequency_penalty }),
    ...(seed == null ? {} : { seed }),
    ...(reasoning_effort == null ? {} : { reasoning: reasoning_effort }),
  }
}

function readLimit({ max_tokens, max_completion_tokens }: ChatBody): number | null | undefined {
  if (max_tokens != null && max_completion_tokens != null && max_tokens !== max_completion_tokens)
    throw new InvalidInputError('Says another limit than max_completion_tokens.', { field: 'max_tokens' })
  return max_completion_tokens ?? max_tokens
}

function readTools(form: ChatBody): Pick<ChatRequest, 'tools' | 'toolChoice'> {
  const choice = form.tool_choice
  if (!form.tools?.length) {
    if (choice == null || choice === 'none' || choice === 'auto') return {}
    throw new InvalidInputError('There are no tools to choose from.', { field: 'tool_choice' })
  }
  if (form.parallel_tool_calls === false) {
    throw new InvalidInputError('Models can not be kept from calling several tools at once.', { field: 'parallel_tool_calls' })
  }
  const tools = form.tools.map(readTool)
  if (choice == null) return { tools }
  if (typeof choice === 'string') return { tools, toolChoice: { type: choice } }
  const toolName = choice.function.name
  if (!tools.some(({ name }) => name === toolName))
    throw new InvalidInputError('There is no such tool.', { field: 'tool_choice.function.name' })
  return { tools, toolChoice: { type: 'tool', toolName } }
}

function readTool({ function: called }: FunctionTool): NonNullable<ChatRequest['tools']>[number] {
  const { name, description, parameters, strict } = called
  return {
    type: 'function',
    name,
    // OpenAI: "Omitting parameters defines a function with an empty parameter list."
    inputSchema: parameters ?? { type: 'object', properties: {} },
    ...(description == null ? {} : { description }),
    ...(strict == null ? {} : { strict }),
  }
}

function readFormat(format: ResponseFormat | null | undefined): ChatRequest['responseFormat'] {
  if (format == null || format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json' }
  const { name, description, schema } = format.json_schema
  return {
    type: 'json',
    name,
    ...(description == null ? {} : { description }),
    ...(schema == null ? {} : { schema }),
  }
}
