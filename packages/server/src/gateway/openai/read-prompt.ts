import type {
  LanguageModelV4FilePart,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import { depthOf } from '@plinth/core'
import { notePlace } from '../client-fields.ts'
import { type AssistantPart, imageAt, imageData } from '../content.ts'
import { isBase64, type JsonObject, wrong } from '../form.ts'
import { toolInput, toolOutput } from '../tools.ts'
import type { AssistantMessage, ImagePart, Message, TextPart, ToolMessage } from './chat-body.ts'

/** As of bodies (json-body.ts): JSON within a text of theirs is not deeper than they are. */
const deepest = 64

/**
 * The messages in the one form. Each text of a system message stays one; results of tools that follow each other are one message.
 * @param places is filled with the paths of what its messages came from.
 * @throws InvalidInputError for images that are no image, for messages that say nothing, and for results that nobody called for.
 */
export function readPrompt(messages: readonly Message[], places: string[] = []): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = []
  /** Names of the tools that the assistant has just called: only those can be answered. */
  let called = new Map<string, string>()
  for (const [at, message] of messages.entries()) {
    const field = `messages.${at}`
    notePlace(places, prompt, `messages.${at - 1}`)
    if (message.role === 'tool') {
      const result = readResult(message, called, field)
      const last = prompt.at(-1)
      if (last?.role === 'tool') last.content.push(result)
      else prompt.push({ role: 'tool', content: [result] })
      continue
    }
    called = new Map()
    if (message.role === 'assistant') {
      for (const call of message.tool_calls ?? []) called.set(call.id, call.function.name)
      prompt.push({ role: 'assistant', content: readAssistant(message, field) })
    } else if (message.role === 'user') {
      prompt.push({ role: 'user', content: readContent(message.content, `${field}.content`) })
    } else if (typeof message.content === 'string') {
      prompt.push({ role: 'system', content: message.content })
    } else {
      for (const { text } of message.content) prompt.push({ role: 'system', content: text })
    }
  }
  notePlace(places, prompt, `messages.${messages.length - 1}`)
  return prompt
}

function readAssistant(message: AssistantMessage, field: string): AssistantPart[] {
  const content: AssistantPart[] = []
  if (message.reasoning_content) content.push({ type: 'reasoning', text: message.reasoning_content })
  if (typeof message.content === 'string') {
    if (message.content !== '') content.push({ type: 'text', text: message.content })
  } else {
    for (const part of message.content ?? [])
      content.push({ type: 'text', text: part.type === 'text' ? part.text : part.refusal })
  }
  // What a model said when it refused is to the next one what was said.
  if (message.refusal) content.push({ type: 'text', text: message.refusal })
  for (const [at, { id, function: called }] of (message.tool_calls ?? []).entries()) {
    const input = readArguments(called.arguments, `${field}.tool_calls.${at}.function.arguments`)
    content.push({ type: 'tool-call', toolCallId: id, toolName: called.name, input })
  }
  if (content.length === 0 && typeof message.content !== 'string')
    throw wrong(`${field}.content`, 'An assistant says something, or calls tools.')
  return content
}

function readArguments(text: string, field: string): JsonObject {
  const input = toolInput(text)
  // What is that deep is at least that long.
  if (text.length >= deepest && depthOf(input, deepest) >= deepest)
    throw wrong(field, `The JSON is nested more than ${deepest} deep.`)
  return input
}

function readResult(message: ToolMessage, called: ReadonlyMap<string, string>, field: string): LanguageModelV4ToolResultPart {
  const toolCallId = message.tool_call_id
  const toolName = called.get(toolCallId)
  if (toolName === undefined)
    throw wrong(`${field}.tool_call_id`, 'A message of role tool answers a call in the assistant message right before it.')
  const output = toolOutput(readContent(message.content, `${field}.content`), false)
  return { type: 'tool-result', toolCallId, toolName, output }
}

function readContent(
  content: string | readonly (TextPart | ImagePart)[],
  field: string,
): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return content.map((part, at) =>
    part.type === 'text' ? { type: 'text', text: part.text } : readImage(part.image_url, `${field}.${at}.image_url.url`),
  )
}

const dataUrl = /^data:(image\/[a-z0-9.+-]+)(?:;[a-z0-9=._-]+)*;base64,/i

function readImage({ url, detail }: ImagePart['image_url'], field: string): LanguageModelV4FilePart {
  // Named as @ai-sdk/openai names it; other providers pass it over.
  const options = detail && detail !== 'auto' ? { providerOptions: { openai: { imageDetail: detail } } } : {}
  const [head, type] = dataUrl.exec(url.slice(0, 200)) ?? []
  if (head !== undefined && type !== undefined) {
    const data = url.slice(head.length)
    if (!isBase64(data)) throw wrong(field, 'The image is not base64.')
    return { ...imageData(type.toLowerCase().replace('image/jpg', 'image/jpeg'), data), ...options }
  }
  const parsed = /^https?:/i.test(url) ? URL.parse(url) : null
  if (!parsed) throw wrong(field, 'An image is a data: URL of base64, or an http(s) URL.')
  return { ...imageAt(parsed), ...options }
}
