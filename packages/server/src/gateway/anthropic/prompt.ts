import type { LanguageModelV4Prompt, LanguageModelV4TextPart, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import { notePlace } from '../client-fields.ts'
import {
  type AssistantPart,
  documentText,
  hiddenReasoning,
  type ImageFile,
  imageAt,
  imageData,
  keptUpTo,
  reasoning,
  type UserPart,
  userTurn,
} from '../content.ts'
import { wrong } from '../form.ts'
import { toolOutput } from '../tools.ts'
import type { AssistantBlock, DocumentBlock, ImageBlock, Message, TextBlock, ToolResultBlock, UserBlock } from './blocks.ts'

/**
 * The prompt of a conversation. Results of tools become messages of their own. Texts that are empty say nothing and are left out: models
 * answer such, and clients send them back.
 * @param places is filled with the paths of what its messages came from.
 * @throws InvalidInputError for a message without content (but the last one, if it is the assistant's), a result of a tool that nobody
 * called, and a conversation in which no user speaks.
 */
export function promptOf(
  system: string | readonly TextBlock[] | undefined,
  messages: readonly Message[],
  places: string[] = [],
): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = systemMessages(system)
  notePlace(places, prompt, 'system')
  /** Names of the tools by the ids of their calls. */
  const called = new Map<string, string>()
  for (const [at, message] of messages.entries()) {
    const before = prompt.length
    if (message.role === 'system') prompt.push(...systemMessages(message.content))
    else if (message.role === 'user')
      prompt.push(...userTurn(userParts(blocksOf(message.content), called, `messages.${at}.content`)))
    else {
      const content = blocksOf(message.content).flatMap((block) => assistantPart(block, called))
      if (content.length > 0) prompt.push({ role: 'assistant', content })
    }
    notePlace(places, prompt, `messages.${at}`)
    const optional = message.role === 'assistant' && at === messages.length - 1
    if (prompt.length === before && !optional) throw wrong(`messages.${at}.content`, 'A message must have content.')
  }
  if (!messages.some(({ role }) => role === 'user')) throw wrong('messages', 'There must be a message of the user.')
  return prompt
}

function blocksOf<T>(content: string | readonly T[]): readonly (T | TextBlock)[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

function systemMessages(texts: string | readonly TextBlock[] | undefined): LanguageModelV4Prompt {
  if (texts === undefined) return []
  return blocksOf(texts).flatMap((block) =>
    block.text === '' ? [] : [asMarked(block, { role: 'system' as const, content: block.text })],
  )
}

function userParts(
  blocks: readonly UserBlock[],
  called: ReadonlyMap<string, string>,
  field: string,
): (UserPart | LanguageModelV4ToolResultPart)[] {
  return blocks.flatMap((block, at): (UserPart | LanguageModelV4ToolResultPart)[] =>
    (block.type === 'tool_result' ? [resultPart(block, called, `${field}.${at}`)] : contentPart(block)).map((part) =>
      asMarked(block, part),
    ),
  )
}

/** What a block came to, marked as the block is. */
function asMarked<Given extends object>({ cache_control }: { readonly cache_control?: unknown }, given: Given): Given {
  return cache_control ? keptUpTo(given) : given
}

function resultPart(block: ToolResultBlock, called: ReadonlyMap<string, string>, field: string): LanguageModelV4ToolResultPart {
  const { tool_use_id: toolCallId, content = '', is_error } = block
  const toolName = called.get(toolCallId)
  if (toolName === undefined) throw wrong(`${field}.tool_use_id`, 'No tool_use of this id comes before it.')
  return { type: 'tool-result', toolCallId, toolName, output: toolOutput(blocksOf(content).map(anyPart), is_error === true) }
}

/** None where it says nothing. */
function contentPart(block: TextBlock | ImageBlock | DocumentBlock): UserPart[] {
  const text = block.type === 'text' ? block.text : block.type === 'document' ? textOf(block) : undefined
  return text === '' ? [] : [anyPart(block)]
}

function anyPart(block: TextBlock | ImageBlock | DocumentBlock): LanguageModelV4TextPart | ImageFile {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'document') return documentText({ name: block.title, context: block.context, text: textOf(block) })
  const { source } = block
  return source.type === 'url' ? imageAt(new URL(source.url)) : imageData(source.media_type, source.data)
}

function textOf({ source }: DocumentBlock): string {
  return source.type === 'text' ? source.data : source.content
}

function assistantPart(block: AssistantBlock, called: Map<string, string>): AssistantPart[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [asMarked(block, { type: 'text', text: block.text })]
    case 'thinking':
      return [reasoning(block.thinking, block.signature)]
    case 'redacted_thinking':
      return [hiddenReasoning(block.data)]
    case 'tool_use':
      called.set(block.id, block.name)
      return [asMarked(block, { type: 'tool-call', toolCallId: block.id, toolName: block.name, input: block.input })]
  }
}
