/** Where the texts of a request stand: every one of them that a provider is sent. @module */
import type { LanguageModelV4FilePart, LanguageModelV4Message, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import type { ChatRequest } from './chat.ts'
import { rewriteData, rewriteSchema, visitFixed } from './json-texts.ts'

/** A place of a text. */
export interface TextPlace {
  /** The path of what it belongs to, in the one form. */
  readonly field: string
  /** Whether it has to stay as it is: others refer to it, or an answer depends on it to the letter. */
  readonly fixed: boolean
  /** Texts of the same run are read one after the other, as one. */
  readonly run?: number
}

/** Gives what is to stand there in place of a text. Of what is fixed nothing is taken. */
export type VisitText = (text: string, place: TextPlace) => string

/**
 * A copy of a request with its texts rewritten; they are visited in the same order each time. What isn't known here is taken for fixed, so
 * that nothing new is passed over. Not visited are the model's id, which is one of the catalogue, and the bytes of files.
 */
export function rewriteTexts(request: ChatRequest, visit: VisitText): ChatRequest {
  const { modelId, prompt, tools, responseFormat, ...others } = request
  const runs = new Runs()
  for (const [name, value] of Object.entries(others)) visitFixed(value, visit, snakeCase(name))
  return {
    ...others,
    modelId,
    prompt: prompt.map((message, index) => rewriteMessage(message, visit, `messages.${index}`, runs)),
    ...(tools && { tools: tools.map((tool, index) => rewriteTool(tool, visit, `tools.${index}`)) }),
    ...(responseFormat && { responseFormat: rewriteFormat(responseFormat, visit) }),
  }
}

/** Texts of one side of a conversation that follow each other, also in several messages: providers join those. */
class Runs {
  #last = 0
  #side = ''

  of(role: LanguageModelV4Message['role'], kind: 'said' | 'thought'): number {
    const side = `${role === 'tool' ? 'user' : role} ${kind}`
    if (side !== this.#side) this.next()
    this.#side = side
    return this.#last
  }

  next(): number {
    this.#side = ''
    return ++this.#last
  }
}

type Part = Exclude<LanguageModelV4Message['content'], string>[number]
type Place = Pick<TextPlace, 'field'>

function rewriteMessage(message: LanguageModelV4Message, visit: VisitText, field: string, runs: Runs): LanguageModelV4Message {
  const { role, content, ...others } = message
  visitFixed(others, visit, field)
  const rewritten =
    typeof content === 'string'
      ? visit(content, { field, fixed: false, run: runs.of(role, 'said') })
      : content.map((part: Part) => rewritePart(part, visit, { field, role, runs }))
  // Each part is of the kind that it was.
  return { ...message, content: rewritten } as LanguageModelV4Message
}

function rewritePart(
  part: Part,
  visit: VisitText,
  { field, role, runs }: Place & { readonly role: LanguageModelV4Message['role']; readonly runs: Runs },
): Part {
  const { type, ...others } = part
  if (part.type === 'text' || part.type === 'reasoning') {
    const { text, type: _, ...more } = part
    visitFixed(more, visit, field)
    const run = runs.of(role, type === 'text' ? 'said' : 'thought')
    return { ...part, text: visit(text, { field, fixed: false, run }) }
  }
  if (part.type === 'file') return rewriteFile(part, visit, { field, run: runs.of(role, 'said') })
  if (part.type === 'tool-call') {
    const { input, type: _, ...more } = part
    visitFixed(more, visit, field)
    return { ...part, input: rewriteData(input, visit, field) }
  }
  if (part.type === 'tool-result') {
    const { output, type: _, ...more } = part
    visitFixed(more, visit, field)
    return { ...part, output: rewriteOutput(output, visit, { field, run: runs.next() }) }
  }
  visitFixed(others, visit, field)
  return part
}

type File = Pick<LanguageModelV4FilePart, 'type' | 'mediaType' | 'data' | 'filename' | 'providerOptions'>

function rewriteFile<Given extends File>(part: Given, visit: VisitText, { field, run }: Place & { readonly run: number }): Given {
  const { type: _, data, ...others } = part
  visitFixed(others, visit, field)
  if (data.type === 'data') return part
  if (data.type === 'text') return { ...part, data: { ...data, text: visit(data.text, { field, fixed: false, run }) } }
  visitFixed(data.type === 'url' ? data.url : data.reference, visit, field)
  return part
}

type Output = LanguageModelV4ToolResultPart['output']

function rewriteOutput(output: Output, visit: VisitText, place: Place & { readonly run: number }): Output {
  const { field, run } = place
  const text = (given: string): string => visit(given, { field, fixed: false, run })
  const { type: _, ...others } = output
  visitFixed({ ...others, value: undefined, reason: undefined }, visit, field)
  switch (output.type) {
    case 'text':
    case 'error-text':
      return { ...output, value: text(output.value) }
    case 'json':
    case 'error-json':
      return { ...output, value: rewriteData(output.value, visit, field) }
    case 'execution-denied':
      return output.reason === undefined ? output : { ...output, reason: text(output.reason) }
    case 'content':
      return {
        ...output,
        value: output.value.map((part) => {
          if (part.type === 'file') return rewriteFile(part, visit, place)
          const { type: _, ...more } = part
          visitFixed({ ...more, text: undefined }, visit, field)
          return part.type === 'text' ? { ...part, text: text(part.text) } : part
        }),
      }
  }
}

type Tool = NonNullable<ChatRequest['tools']>[number]

function rewriteTool(tool: Tool, visit: VisitText, field: string): Tool {
  const { type: _, description, inputSchema, inputExamples, ...others } = tool
  visitFixed(others, visit, field)
  const rewritten: Tool = { ...tool, inputSchema: rewriteSchema(inputSchema, visit, field) }
  if (description !== undefined) rewritten.description = visit(description, { field, fixed: false })
  // Names in an example are those of the schema.
  if (inputExamples) rewritten.inputExamples = rewriteData(inputExamples, visit, field, { fixedNames: true })
  return rewritten
}

type Format = NonNullable<ChatRequest['responseFormat']>

function rewriteFormat(format: Format, visit: VisitText): Format {
  if (format.type !== 'json') return format
  const field = 'response_format'
  const { type: _, description, schema, ...others } = format
  visitFixed(others, visit, field)
  const rewritten = { ...format }
  if (description !== undefined) rewritten.description = visit(description, { field, fixed: false })
  if (schema !== undefined) rewritten.schema = rewriteSchema(schema, visit, field)
  return rewritten
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
