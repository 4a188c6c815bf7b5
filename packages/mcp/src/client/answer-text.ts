import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import { canonicalJson, type JsonValue, type SourceAnswer } from '@plinth/core'

/** Of what a tool gives, in characters. */
const longestAnswer = 100_000
const longestName = 300

/**
 * What a model is shown of a tool's result: its texts, and a line for each image, recording or file. Structured content comes as JSON where the
 * texts don't say it already.
 */
export function answerOf({ content = [], structuredContent, isError = false }: CallToolResult): SourceAnswer {
  const parts: string[] = []
  let length = 0
  for (const block of content) {
    if (length > longestAnswer) break
    const text = textOf(block)
    parts.push(text)
    length += text.length
  }
  if (structuredContent !== undefined && length <= longestAnswer && !isSaid(parts, structuredContent))
    parts.push(JSON.stringify(structuredContent))
  const text = parts.join('\n')
  return { text: text.length > longestAnswer ? cut(text) : text, failed: isError }
}

function cut(text: string): string {
  return `${text.slice(0, longestAnswer).toWellFormed()}\n[The answer was longer: the rest was cut off.]`
}

function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return `[${block.type}, ${name(block.mimeType)}, ${bytesOf(block.data)} bytes]`
    case 'resource_link':
      return `[resource ${name(block.uri)}: ${name(block.title ?? block.name)}]`
    case 'resource': {
      const { resource } = block
      const what = `resource ${name(resource.uri)}, ${name(resource.mimeType ?? 'unknown type')}`
      return 'text' in resource ? `[${what}]\n${resource.text}` : `[${what}, ${bytesOf(resource.blob)} bytes]`
    }
    default:
      return '[something that can not be shown]'
  }
}

function name(text: string): string {
  return text.slice(0, longestName).toWellFormed()
}

/** Of what stands there as base64. */
function bytesOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
}

/** Whether the texts are all that a value holds, or one of them is its JSON. */
function isSaid(parts: readonly string[], value: unknown): boolean {
  const held = typeof value === 'object' && value !== null ? Object.values(value) : [value]
  return held.every((each) => typeof each === 'string' && parts.includes(each)) || parts.some((text) => isSame(text, value))
}

/** Whether a text is the JSON of a value. */
function isSame(text: string, value: unknown): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    return canonicalJson(JSON.parse(text) as JsonValue) === canonicalJson(value as JsonValue)
  } catch {
    return false
  }
}
