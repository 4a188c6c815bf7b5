import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import { InvalidInputError } from '@plinth/core'
import type { AssistantBlock, DocumentBlock, ImageBlock, Message, TextBlock, ToolResultBlock, UserBlock } from './blocks.ts'

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]

/**
 * The prompt of a conversation. Results of tools become messages of their own. Texts that are empty say nothing and are left out: models
 * answer such, and clients send them back.
 * @throws InvalidInputError for a message without content (but the last one, if it is the assistant's), a result of a tool that nobody
 * called, and a conversation in which no user speaks.
 */
export function promptOf(system: string | readonly TextBlock[] | undefined, messages: readonly Message[]): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = systemMessages(system)
  /** Names of the tools by the ids of their calls. */
  const called = new Map<string, string>()
  for (const [at, message] of messages.entries()) {
    const before = prompt.length
    if (message.role === 'system') prompt.push(...systemMessages(message.content))
    else if (message.role === 'user') prompt.push(...userMessages(blocksOf(message.content), called, `messages.${at}.content`))
    else {
      const content = blocksOf(message.content).flatMap((block) => assistantPart(block, called))
      if (content.length > 0) prompt.push({ role: 'assistant', content })
    }
    const optional = message.role === 'assistant' && at === messages.length - 1
    if (prompt.length === before && !optional)
      throw new InvalidInputError('A message must have content.', { field: `messages.${at}.content` })
  }
  if (!messages.some(({ role }) => role === 'user'))
    throw new InvalidInputError('There must be a message of the user.', { field: 'messages' })
  return prompt
}

function blocksOf<T>(content: string | readonly T[]): readonly (T | TextBlock)[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

function systemMessages(texts: string | readonly TextBlock[] | undefined): LanguageModelV4Prompt {
  if (texts === undefined) return []
  return blocksOf(texts).flatMap(({ text }) => (text === '' ? [] : [{ role: 'system', content: text }]))
}

function userMessages(blocks: readonly UserBlock[], called: ReadonlyMap<string, string>, field: string): LanguageModelV4Prompt {
  const found: LanguageModelV4Prompt = []
  for (const [at, block] of blocks.entries()) {
    const last = found.at(-1)
    if (block.type === 'tool_result') {
      const toolName = called.get(block.tool_use_id)
      if (toolName === undefined)
        throw new InvalidInputError('No tool_use of this id comes before it.', { field: `${field}.${at}.tool_use_id` })
      const part: LanguageModelV4ToolResultPart = {
        type: 'tool-result',
        toolCallId: block.tool_use_id,
        toolName,
        output: outputOf(block),
      }
      if (last?.role === 'tool') last.content.push(part)
      else found.push({ role: 'tool', content: [part] })
      continue
    }
    const part = userPart(block)
    if (part.type === 'text' && part.text === '') continue
    if (last?.role === 'user') last.content.push(part)
    else found.push({ role: 'user', content: [part] })
  }
  return found
}

function userPart(block: TextBlock | ImageBlock | DocumentBlock): LanguageModelV4TextPart | LanguageModelV4FilePart {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'document') return { type: 'text', text: documentText(block) }
  const { source } = block
  if (source.type === 'url') return { type: 'file', mediaType: 'image/*', data: { type: 'url', url: new URL(source.url) } }
  return { type: 'file', mediaType: source.media_type, data: { type: 'data', data: source.data } }
}

/** A document that is text is read by every model when it comes as text. */
function documentText({ source, title, context }: DocumentBlock): string {
  const text = source.type === 'text' ? source.data : source.content
  return text === '' ? '' : [title, context, text].filter((part) => part).join('\n\n')
}

function outputOf({ content = '', is_error }: ToolResultBlock): LanguageModelV4ToolResultOutput {
  const parts = blocksOf(content).map(userPart)
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  const plain = texts.length === parts.length
  if (is_error && plain) return { type: 'error-text', value: texts.join('\n') }
  if (plain && texts.length < 2) return { type: 'text', value: texts.join() }
  // The AI SDK has no error with images in it, so words have to say it.
  return { type: 'content', value: is_error ? [{ type: 'text', text: 'The tool failed.' }, ...parts] : parts }
}

function assistantPart(block: AssistantBlock, called: Map<string, string>): AssistantPart[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [{ type: 'text', text: block.text }]
    case 'thinking':
      return [{ type: 'reasoning', text: block.thinking, ...known(block.signature !== '', { signature: block.signature }) }]
    case 'redacted_thinking':
      return [{ type: 'reasoning', text: '', ...known(true, { redactedData: block.data }) }]
    case 'tool_use':
      called.set(block.id, block.name)
      return [{ type: 'tool-call', toolCallId: block.id, toolName: block.name, input: block.input }]
  }
}

/** Each provider looks under its own name; it is the same model that reads its signature, behind either. */
function known(holds: boolean, options: Record<string, string>): Pick<AssistantPart, 'providerOptions'> {
  return holds ? { providerOptions: { anthropic: options, amazonBedrock: options } } : {}
}
