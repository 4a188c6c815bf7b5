/** A tenant's filters over chats: every text that goes to a model, and every one that comes back, whatever part of a message it is. @module */
import type { JSONValue, LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import { filterAnswer } from '../language-model/filtered-answer.ts'
import type { Uses } from '../scope/scope.ts'
import { type DirectedFinding, filterInput } from '../tenancy/filters/filter-input.ts'
import type { ModelChat } from './ask-model.ts'
import type { ChatContent } from './chat.ts'

/** What filters make of one text. */
type FilterText = (text: string) => Promise<string>

/**
 * @returns the prompt as the model may have it.
 * @throws InvalidInputError `content_blocked`; UnavailableError `filter_failed`.
 */
export async function filterPrompt(
  scope: Uses<never>,
  prompt: LanguageModelV4Prompt,
): Promise<{ readonly prompt: LanguageModelV4Prompt; readonly findings: readonly DirectedFinding[] }> {
  if (Object.keys(scope.tenant.filters.input).length === 0) return { prompt, findings: [] }
  const findings: DirectedFinding[] = []
  const filtered: LanguageModelV4Prompt = []
  for (const [index, message] of prompt.entries()) {
    const filter: FilterText = async (text) => {
      const result = await filterInput(scope, text, `messages.${index}`)
      findings.push(...result.findings)
      return result.text
    }
    filtered.push(await filterMessage(message, filter))
  }
  return { prompt: filtered, findings }
}

async function filterMessage(message: LanguageModelV4Message, filter: FilterText): Promise<LanguageModelV4Message> {
  if (message.role === 'system') return { ...message, content: await filter(message.content) }
  const content: unknown[] = []
  for (const part of message.content) {
    if (part.type === 'text' || part.type === 'reasoning') content.push({ ...part, text: await filter(part.text) })
    else if (part.type === 'tool-call') content.push({ ...part, input: await filterJson(part.input, filter) })
    else if (part.type === 'tool-result') content.push({ ...part, output: await filterOutput(part.output, filter) })
    else if (part.type === 'file' && part.data.type === 'text')
      content.push({ ...part, data: { ...part.data, text: await filter(part.data.text) } })
    else content.push(part)
  }
  // Each part is of the kind that it was.
  return { ...message, content } as LanguageModelV4Message
}

type ToolOutput = LanguageModelV4ToolResultPart['output']

async function filterOutput(output: ToolOutput, filter: FilterText): Promise<ToolOutput> {
  if (output.type === 'text' || output.type === 'error-text') return { ...output, value: await filter(output.value) }
  if (output.type === 'json' || output.type === 'error-json')
    return { ...output, value: (await filterJson(output.value, filter)) as JSONValue }
  if (output.type === 'execution-denied')
    return output.reason === undefined ? output : { ...output, reason: await filter(output.reason) }
  const value: typeof output.value = []
  for (const part of output.value) value.push(part.type === 'text' ? { ...part, text: await filter(part.text) } : part)
  return { ...output, value }
}

/** A card's number may be a number. */
const longNumber = 1e8

async function filterJson(value: unknown, filter: FilterText): Promise<unknown> {
  if (typeof value === 'string') return filter(value)
  if (typeof value === 'number' && Math.abs(value) >= longNumber) {
    const text = String(value)
    const filtered = await filter(text)
    return filtered === text ? value : filtered
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value) items.push(await filterJson(item, filter))
    return items
  }
  const entries: [string, unknown][] = []
  for (const [key, item] of Object.entries(value)) entries.push([await filter(key), await filterJson(item, filter)])
  return Object.fromEntries(entries)
}

/** Arguments of a tool; what is no JSON is a text. */
export async function filterArguments(input: string, filter: FilterText): Promise<string> {
  let value: unknown
  try {
    value = JSON.parse(input)
  } catch {
    return filter(input)
  }
  return JSON.stringify(await filterJson(value, filter))
}

/** A whole answer as its client may have it. Where anything is blocked nothing is left. @throws UnavailableError `filter_failed`. */
export async function filterChat(
  scope: Uses<never>,
  { content, finish }: ModelChat,
): Promise<ModelChat & { readonly findings: readonly DirectedFinding[] }> {
  if (Object.keys(scope.tenant.filters.output).length === 0) return { content, finish, findings: [] }
  const findings: DirectedFinding[] = []
  let blocked = false
  const filter: FilterText = async (text) => {
    const result = await filterAnswer(scope, text)
    findings.push(...result.findings)
    blocked ||= result.blocked
    return result.text
  }
  const filtered: ChatContent[] = []
  for (const part of content) {
    if (part.type === 'tool-call') filtered.push({ ...part, input: await filterArguments(part.input, filter) })
    else filtered.push({ ...part, text: await filter(part.text) })
  }
  return blocked
    ? { content: [], finish: { ...finish, reason: 'content-filter' }, findings }
    : { content: filtered, finish, findings }
}
