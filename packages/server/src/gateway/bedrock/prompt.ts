/** A Converse conversation as a prompt of the one form. @module */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { wrong } from './checked.ts'
import { documentText, imageFile, toolOutput } from './content.ts'
import type { ContentBlock, Message, SystemBlock } from './converse-body.ts'

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number]
type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]
type ToolPart = Extract<LanguageModelV4Message, { role: 'tool' }>['content'][number]

export interface Conversation {
  readonly messages: readonly Message[]
  readonly system?: readonly SystemBlock[] | null | undefined
}

/**
 * Cache points are left out: they change what a provider charges, not what it answers, and where another model answers they may be
 * refused. Content marked for a guardrail is content.
 * @param at the path of the conversation in the body: empty, or with a dot at its end.
 * @throws InvalidInputError for what can't be said in the one form, or makes no sense where it stands.
 */
export function promptOf({ messages, system }: Conversation, at = ''): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = []
  for (const [index, block] of (system ?? []).entries()) {
    const content = block.text ?? block.guardContent?.text?.text
    if (typeof content === 'string') prompt.push({ role: 'system', content })
    else if (!block.cachePoint) throw wrong(`${at}system.${index}`, 'must hold text')
  }
  if (messages[0]?.role === 'assistant') throw wrong(`${at}messages.0.role`, 'A conversation must begin with the user')
  const tools = new Map<string, string>()
  for (const [index, { role, content }] of messages.entries()) {
    const place = `${at}messages.${index}.content`
    const before = prompt.length
    if (role === 'user') pushUser(prompt, content, tools, place)
    else pushAssistant(prompt, content, tools, place)
    if (prompt.length === before) throw wrong(place, 'must not be empty')
  }
  return prompt
}

/** Results of tools are messages of their own in the one form; the order stays. */
function pushUser(
  prompt: LanguageModelV4Prompt,
  content: readonly ContentBlock[],
  tools: ReadonlyMap<string, string>,
  at: string,
): void {
  const begin = prompt.length
  for (const [index, block] of content.entries()) {
    const place = `${at}.${index}`
    refuseUnion(block, place)
    const last = prompt.length > begin ? prompt.at(-1) : undefined
    if (block.toolResult) {
      const { toolUseId } = block.toolResult
      const toolName = tools.get(toolUseId)
      if (toolName === undefined) throw wrong(`${place}.toolResult.toolUseId`, 'No toolUse before it has this id')
      const output = toolOutput(block.toolResult, `${place}.toolResult`)
      const part: ToolPart = { type: 'tool-result', toolCallId: toolUseId, toolName, output }
      if (last?.role === 'tool') last.content.push(part)
      else prompt.push({ role: 'tool', content: [part] })
      continue
    }
    const part = userPart(block, place)
    if (!part) continue
    if (last?.role === 'user') last.content.push(part)
    else prompt.push({ role: 'user', content: [part] })
  }
}

function userPart(block: ContentBlock, at: string): UserPart | undefined {
  const text = block.text ?? block.guardContent?.text?.text
  if (typeof text === 'string') {
    if (text.trim() === '') throw wrong(block.guardContent ? `${at}.guardContent.text.text` : `${at}.text`, 'must not be empty')
    return { type: 'text', text }
  }
  if (block.image) return imageFile(block.image, `${at}.image`)
  if (block.guardContent?.image) return imageFile(block.guardContent.image, `${at}.guardContent.image`)
  if (block.document) return documentText(block.document, `${at}.document`)
  if (block.cachePoint) return undefined
  throw misplaced(block, 'user', at)
}

function pushAssistant(
  prompt: LanguageModelV4Prompt,
  content: readonly ContentBlock[],
  tools: Map<string, string>,
  at: string,
): void {
  const parts: AssistantPart[] = []
  for (const [index, block] of content.entries()) {
    const place = `${at}.${index}`
    refuseUnion(block, place)
    if (typeof block.text === 'string') parts.push({ type: 'text', text: block.text })
    else if (block.toolUse) {
      const { toolUseId, name, input, type } = block.toolUse
      if (type) throw wrong(`${place}.toolUse.type`, "The provider's own tools are not supported")
      tools.set(toolUseId, name)
      parts.push({ type: 'tool-call', toolCallId: toolUseId, toolName: name, input: input ?? {} })
    } else if (block.reasoningContent) parts.push(reasoningPart(block.reasoningContent, `${place}.reasoningContent`))
    // An answer with citations, sent back: what was said counts.
    else if (block.citationsContent)
      for (const { text } of block.citationsContent.content ?? []) parts.push({ type: 'text', text: text ?? '' })
    else if (!block.cachePoint) throw misplaced(block, 'assistant', place)
  }
  if (parts.length > 0) prompt.push({ role: 'assistant', content: parts })
}

/** A signature is read by whichever provider made it, under the name that its package looks for. */
function reasoningPart(content: NonNullable<ContentBlock['reasoningContent']>, at: string): AssistantPart {
  const { reasoningText, redactedContent, redactedReasoning } = content
  if (reasoningText) {
    const { text, signature } = reasoningText
    if (!signature) return { type: 'reasoning', text }
    return { type: 'reasoning', text, providerOptions: { amazonBedrock: { signature }, anthropic: { signature } } }
  }
  if (redactedContent) return { type: 'reasoning', text: '', providerOptions: { amazonBedrock: { redactedContent } } }
  if (redactedReasoning) {
    const redactedData = redactedReasoning.data
    return { type: 'reasoning', text: '', providerOptions: { amazonBedrock: { redactedData }, anthropic: { redactedData } } }
  }
  throw wrong(at, 'must hold reasoningText or redactedContent')
}

/** @throws InvalidInputError when more than one field is set: which one is meant? */
function refuseUnion(block: ContentBlock, at: string): void {
  let set = 0
  for (const name in block)
    if (block[name as keyof ContentBlock] !== undefined && block[name as keyof ContentBlock] !== null) set++
  if (set > 1) throw wrong(at, 'must hold one kind of content')
}

function misplaced(block: ContentBlock, role: string, at: string): Error {
  const [name] = Object.entries(block).find(([, value]) => value !== undefined && value !== null) ?? []
  return name === undefined
    ? wrong(at, 'must hold content')
    : wrong(`${at}.${name}`, `is not supported in a message of the ${role}`)
}
