/** A Converse conversation as a prompt of the one form. @module */
import type { LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import { notePlace } from '../client-fields.ts'
import { type AssistantPart, hiddenReasoning, keptUpTo, reasoning, type UserPart, userTurn } from '../content.ts'
import { wrong } from '../form.ts'
import { documentText, imageFile, resultOutput } from './content.ts'
import type { ContentBlock, Message, SystemBlock, ToolResultBlock } from './converse-body.ts'

export interface Conversation {
  readonly messages: readonly Message[]
  readonly system?: readonly SystemBlock[] | null | undefined
}

/**
 * A cache point is noted at what it stands behind. Content marked for a guardrail is content.
 * @param at the path of the conversation in the body: empty, or with a dot at its end.
 * @param places is filled with the paths of what its messages came from.
 * @throws InvalidInputError for what can't be said in the one form, or makes no sense where it stands.
 */
export function promptOf({ messages, system }: Conversation, at = '', places: string[] = []): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = []
  for (const [index, block] of (system ?? []).entries()) {
    const content = block.text ?? block.guardContent?.text?.text
    if (typeof content === 'string') prompt.push({ role: 'system', content })
    else if (!block.cachePoint) throw wrong(`${at}system.${index}`, 'Must hold text.')
    else keepUpToLast(prompt)
    notePlace(places, prompt, `${at}system.${index}`)
  }
  if (messages[0]?.role === 'assistant') throw wrong(`${at}messages.0.role`, 'A conversation must begin with the user.')
  /** Names of the tools by the ids of their calls. */
  const called = new Map<string, string>()
  for (const [index, { role, content }] of messages.entries()) {
    const place = `${at}messages.${index}.content`
    const before = prompt.length
    if (role === 'user') prompt.push(...userTurn(partsOf(content, place, (block, at) => userPart(block, called, at))))
    else {
      const parts = partsOf(content, place, (block, at) => assistantParts(block, called, at))
      if (parts.length > 0) prompt.push({ role: 'assistant', content: parts })
    }
    if (prompt.length === before) throw wrong(place, 'Must not be empty.')
    notePlace(places, prompt, `${at}messages.${index}`)
  }
  return prompt
}

/** What the blocks of a message come to. @param read gives none for a cache point. */
function partsOf<Part extends object>(
  content: readonly ContentBlock[],
  place: string,
  read: (block: ContentBlock, at: string) => readonly Part[],
): Part[] {
  const parts: Part[] = []
  for (const [index, block] of content.entries()) {
    parts.push(...read(block, `${place}.${index}`))
    if (block.cachePoint) keepUpToLast(parts)
  }
  return parts
}

/** What a point stands behind; at the very beginning there is nothing to keep. */
function keepUpToLast(contents: object[]): void {
  const last = contents.pop()
  if (last !== undefined) contents.push(keptUpTo(last))
}

/** The paths of what the messages of a prompt came from. */
export function placesOf(conversation: Conversation): readonly string[] {
  const places: string[] = []
  promptOf(conversation, '', places)
  return places
}

function userPart(
  block: ContentBlock,
  called: ReadonlyMap<string, string>,
  at: string,
): (UserPart | LanguageModelV4ToolResultPart)[] {
  refuseUnion(block, at)
  const { toolResult, image, guardContent, document, cachePoint } = block
  if (toolResult) return [resultPart(toolResult, called, `${at}.toolResult`)]
  const text = block.text ?? guardContent?.text?.text
  if (typeof text === 'string') {
    if (text.trim() === '') throw wrong(guardContent ? `${at}.guardContent.text.text` : `${at}.text`, 'Must not be empty.')
    return [{ type: 'text', text }]
  }
  if (image) return [imageFile(image, `${at}.image`)]
  if (guardContent?.image) return [imageFile(guardContent.image, `${at}.guardContent.image`)]
  if (document) return [documentText(document, `${at}.document`)]
  if (cachePoint) return []
  throw misplaced(block, 'user', at)
}

function resultPart(block: ToolResultBlock, called: ReadonlyMap<string, string>, at: string): LanguageModelV4ToolResultPart {
  const { toolUseId: toolCallId } = block
  const toolName = called.get(toolCallId)
  if (toolName === undefined) throw wrong(`${at}.toolUseId`, 'No toolUse before it has this id.')
  return { type: 'tool-result', toolCallId, toolName, output: resultOutput(block, at) }
}

function assistantParts(block: ContentBlock, called: Map<string, string>, at: string): AssistantPart[] {
  refuseUnion(block, at)
  const { text, toolUse, reasoningContent, citationsContent, cachePoint } = block
  if (typeof text === 'string') return [{ type: 'text', text }]
  if (toolUse) {
    const { toolUseId, name, input, type } = toolUse
    if (type) throw wrong(`${at}.toolUse.type`, "The provider's own tools are not supported.")
    called.set(toolUseId, name)
    return [{ type: 'tool-call', toolCallId: toolUseId, toolName: name, input: input ?? {} }]
  }
  if (reasoningContent) return [reasoningPart(reasoningContent, `${at}.reasoningContent`)]
  // An answer with citations, sent back: what was said counts.
  if (citationsContent) return (citationsContent.content ?? []).map((part) => ({ type: 'text', text: part.text ?? '' }))
  if (cachePoint) return []
  throw misplaced(block, 'assistant', at)
}

function reasoningPart(content: NonNullable<ContentBlock['reasoningContent']>, at: string): AssistantPart {
  const { reasoningText, redactedContent, redactedReasoning } = content
  if (reasoningText) return reasoning(reasoningText.text, reasoningText.signature)
  const hidden = redactedContent ?? redactedReasoning?.data
  if (!hidden) throw wrong(at, 'Must hold reasoningText or redactedContent.')
  return hiddenReasoning(hidden)
}

/** @throws InvalidInputError when more than one field is set: which one is meant? */
function refuseUnion(block: ContentBlock, at: string): void {
  let set = 0
  for (const name in block)
    if (block[name as keyof ContentBlock] !== undefined && block[name as keyof ContentBlock] !== null) set++
  if (set > 1) throw wrong(at, 'Must hold one kind of content.')
}

function misplaced(block: ContentBlock, role: string, at: string): Error {
  const [name] = Object.entries(block).find(([, value]) => value !== undefined && value !== null) ?? []
  return name === undefined
    ? wrong(at, 'Must hold content.')
    : wrong(`${at}.${name}`, `Is not supported in a message of the ${role}.`)
}
