import type { Tool } from '@modelcontextprotocol/client'
import { type JsonObject, type JsonValue, type SourceTool, sha256 } from '@plinth/core'
import { fits, longestBackOff, type McpServer } from './servers.ts'

/** A tool as agents are offered it, and what its server calls it. */
export interface OfferedTool extends SourceTool {
  readonly original: Tool
}

const mostTools = 500
const longestDescription = 1_000
/** Of a text within a schema, such as a parameter's description. */
const longestText = 500
/** Of a schema as JSON, in characters. A tool with a larger one can't be offered. */
const largestSchema = 32_000
const deepest = 20

/**
 * The tools of a server that agents may have, with names that are good everywhere, and texts that are bounded: a description can be wrong or ask
 * for things, and is short then.
 * @param onRefused told how many were left out.
 */
export function offeredTools(
  server: McpServer,
  tools: readonly Tool[],
  onRefused: (count: number) => void,
): readonly OfferedTool[] {
  const offered = new Map<string, OfferedTool>()
  const allowed = tools.filter(({ name }) => fits(server.tools, name))
  let refused = 0
  for (const original of allowed) {
    const inputSchema = schemaOf(original.inputSchema)
    const name = nameOf(server.name, original.name)
    if (!inputSchema || offered.size >= mostTools || offered.has(name)) {
      refused++
      continue
    }
    const description = plain(original.description ?? original.title ?? '', longestDescription)
    const timeout = timeoutOf(server)
    offered.set(name, { name, description, inputSchema, changes: changes(server, original), timeout, original })
  }
  if (refused > 0) onRefused(refused)
  return [...offered.values()]
}

/** A call may have to wait for a start, and for what holds that back. */
function timeoutOf({ limits }: McpServer): number {
  return limits.call + limits.start + longestBackOff
}

function changes({ readOnly }: McpServer, { name, annotations }: Tool): boolean {
  return readOnly ? !fits(readOnly, name) : annotations?.readOnlyHint !== true
}

/** With a hash of the whole where the server's own name is too long, or has characters that models are not given. */
function nameOf(server: string, original: string): string {
  const room = 62 - server.length
  if (/^[A-Za-z0-9_-]+$/.test(original) && original.length <= room) return `${server}.${original}`
  return `${server}.${original.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, room - 9)}-${sha256(original).slice(0, 8)}`
}

/** The schema with its texts cut, or undefined when it is too much. */
function schemaOf(schema: unknown): JsonObject | undefined {
  const cut = cutTexts(schema, 0)
  if (cut === undefined || JSON.stringify(cut).length > largestSchema) return undefined
  return cut as JsonObject
}

function cutTexts(value: unknown, depth: number): JsonValue | undefined {
  if (depth > deepest) return undefined
  if (typeof value === 'string') return plain(value, longestText)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  if (Array.isArray(value)) {
    const items = value.map((item) => cutTexts(item, depth + 1))
    return items.includes(undefined) ? undefined : (items as JsonValue[])
  }
  const fields = Object.entries(value).map(([key, item]) => [key, cutTexts(item, depth + 1)] as const)
  return fields.some(([, item]) => item === undefined) ? undefined : (Object.fromEntries(fields) as JsonObject)
}

/** Without characters that don't show, and not longer than that. */
export function plain(text: string, longest: number): string {
  const shown = text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, (character) => (/[\n\t\u200d]/.test(character) ? character : ''))
  return shown.length <= longest ? shown : `${shown.slice(0, longest - 1).toWellFormed()}…`
}
