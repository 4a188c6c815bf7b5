/** Prompts as the protocol's messages. @module */
import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultOutput,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import { contentPart } from './file-part.ts'

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content']
type ToolContent = Extract<LanguageModelV4Message, { role: 'tool' }>['content']

/** Fields that the caller adds to what is sent of a message or a part, by `providerOptions.openaiCompatible`. */
interface Extended {
  readonly providerOptions?: SharedV4ProviderOptions
}

/** @throws UnsupportedFunctionalityError for files that the protocol has no form for. */
export function messagesOf(prompt: LanguageModelV4Prompt): readonly object[] {
  const messages: object[] = []
  for (const message of prompt) {
    if (message.role === 'system') messages.push({ role: 'system', content: message.content, ...added(message) })
    else if (message.role === 'user') messages.push(userMessage(message))
    else if (message.role === 'assistant') messages.push({ ...assistantMessage(message.content), ...added(message) })
    else addResults(messages, message.content)
  }
  return messages
}

function added({ providerOptions }: Extended): object | undefined {
  return providerOptions?.openaiCompatible
}

function userMessage(message: Extract<LanguageModelV4Message, { role: 'user' }>): object {
  const [first, ...others] = message.content
  // Not all servers take lists.
  if (first?.type === 'text' && others.length === 0)
    return { role: 'user', content: first.text, ...added(message), ...added(first) }
  return { role: 'user', content: message.content.map((part) => ({ ...contentPart(part), ...added(part) })), ...added(message) }
}

function assistantMessage(content: AssistantContent): object {
  let text = ''
  let reasoning = ''
  const calls: object[] = []
  for (const part of content) {
    if (part.type === 'text') text += part.text
    else if (part.type === 'reasoning') reasoning += part.text
    else if (part.type === 'tool-call') calls.push(toolCall(part))
  }
  return {
    role: 'assistant',
    content: calls.length > 0 ? text || null : text,
    reasoning_content: reasoning || undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
  }
}

function toolCall({ toolCallId, toolName, input, providerOptions }: LanguageModelV4ToolCallPart): object {
  const { thoughtSignature, ...more } = providerOptions?.openaiCompatible ?? {}
  // Gemini refuses calls that come back without it.
  const signature = thoughtSignature ?? providerOptions?.google?.thoughtSignature
  return {
    id: toolCallId,
    type: 'function',
    function: { name: toolName, arguments: argumentsOf(input) },
    ...more,
    extra_content: signature ? { google: { thought_signature: String(signature) } } : undefined,
  }
}

/** A text that is JSON is sent as it is. */
function argumentsOf(input: unknown): string {
  if (typeof input !== 'string') return JSON.stringify(input) ?? '{}'
  try {
    JSON.parse(input)
    return input
  } catch {
    return JSON.stringify(input)
  }
}

function addResults(messages: object[], content: ToolContent): void {
  for (const part of content)
    if (part.type === 'tool-result')
      messages.push({ role: 'tool', tool_call_id: part.toolCallId, content: resultOf(part.output), ...added(part) })
}

function resultOf(output: LanguageModelV4ToolResultOutput): string | readonly object[] {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value
    case 'execution-denied':
      return output.reason ?? 'Tool call execution denied.'
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value)
    default: {
      const parts = output.value.filter((part) => part.type !== 'custom')
      const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
      // Lists are for those that need them: whether it takes images in a result is the server's to say.
      return texts.length === parts.length ? texts.join('\n') : parts.map((part) => ({ ...contentPart(part), ...added(part) }))
    }
  }
}
