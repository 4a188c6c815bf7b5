/** A tenant's filters over chats: every text that goes to a model, and every one that comes back, whatever part of a message it is. @module */
import type { JSONValue, LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import { filterAnswer } from '../language-model/filtered-answer.ts'
import type { Uses } from '../scope/scope.ts'
import { type DirectedFinding, filterInput } from '../tenancy/filters/filter-input.ts'
import type { ModelChat } from './ask-model.ts'
import type { ChatContent, ChatRequest } from './chat.ts'

/** What filters make of one text. */
type FilterText = (text: string) => Promise<string>

/**
 * @returns the request as the model may have it: its messages, what its tools and its form of answers are described by.
 * @throws InvalidInputError `content_blocked`; UnavailableError `filter_failed`.
 */
export async function filterRequest(
  scope: Uses<never>,
  request: ChatRequest,
): Promise<{ readonly request: ChatRequest; readonly findings: readonly DirectedFinding[] }> {
  if (Object.keys(scope.tenant.filters.input).length === 0) return { request, findings: [] }
  const findings: DirectedFinding[] = []
  const filterOf =
    (field: string): FilterText =>
    async (text) => {
      const result = await filterInput(scope, text, field)
      findings.push(...result.findings)
      return result.text
    }
  const prompt: LanguageModelV4Prompt = []
  for (const [index, message] of request.prompt.entries())
    prompt.push(await filterMessage(message, filterOf(`messages.${index}`)))
  const filtered = { ...request, prompt }
  const { tools, responseFormat } = request
  if (tools)
    filtered.tools = await filterEach(tools, (tool, index) => filterDescribed(tool, 'inputSchema', filterOf(`tools.${index}`)))
  if (responseFormat?.type === 'json')
    filtered.responseFormat = await filterDescribed(responseFormat, 'schema', filterOf('response_format'))
  return { request: filtered, findings }
}

async function filterEach<Item>(items: readonly Item[], filter: (item: Item, index: number) => Promise<Item>): Promise<Item[]> {
  const filtered: Item[] = []
  for (const [index, item] of items.entries()) filtered.push(await filter(item, index))
  return filtered
}

/** Texts of a description and of a schema; names stay, as they are how parts find each other. */
async function filterDescribed<Item extends { readonly description?: string }>(
  item: Item,
  schema: keyof Item,
  filter: FilterText,
): Promise<Item> {
  const filtered: Item = { ...item }
  if (item.description !== undefined) Object.assign(filtered, { description: await filter(item.description) })
  if (item[schema] !== undefined) Object.assign(filtered, { [schema]: await filterValues(item[schema], filter) })
  return filtered
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
  return filterTree(value, filter, filter)
}

/** Of what has names that others refer to. */
async function filterValues(value: unknown, filter: FilterText): Promise<unknown> {
  return filterTree(value, filter, async (name) => name)
}

async function filterTree(value: unknown, filter: FilterText, filterName: FilterText): Promise<unknown> {
  if (typeof value === 'string') return filter(value)
  if (typeof value === 'number' && Math.abs(value) >= longNumber) {
    const text = String(value)
    const filtered = await filter(text)
    return filtered === text ? value : filtered
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return filterEach(value, (item) => filterTree(item, filter, filterName))
  const entries: [string, unknown][] = []
  for (const [name, item] of Object.entries(value))
    entries.push([await filterName(name), await filterTree(item, filter, filterName)])
  return Object.fromEntries(entries)
}

/** Arguments of a tool; what is no JSON is a text. Only what a filter changes is written anew, so that long numbers stay as they are. */
export async function filterArguments(input: string, filter: FilterText): Promise<string> {
  if (!isJson(input)) return filter(input)
  let filtered = ''
  let written = 0
  for (const { start, end } of scalarsOf(input)) {
    const text = input.slice(start, end)
    const value = text.startsWith('"') ? (JSON.parse(text) as string) : text
    if (value === text && Math.abs(Number(text)) < longNumber) continue
    const masked = await filter(value)
    if (masked === value) continue
    filtered += input.slice(written, start) + JSON.stringify(masked)
    written = end
  }
  return filtered + input.slice(written)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Where the strings, names included, and the numbers of a JSON text are. */
function* scalarsOf(json: string): Generator<{ readonly start: number; readonly end: number }> {
  const isPartOfNumber = (at: number): boolean => /[-+.0-9eE]/.test(json.charAt(at))
  for (let at = 0; at < json.length; at++) {
    const start = at
    if (json[at] === '"') {
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++
      yield { start, end: at + 1 }
    } else if (/[-0-9]/.test(json.charAt(at))) {
      while (isPartOfNumber(at + 1)) at++
      yield { start, end: at + 1 }
    }
  }
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
