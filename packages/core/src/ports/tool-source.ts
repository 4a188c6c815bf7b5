import { PlinthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'

/** Something that a server outside can do. */
export interface SourceTool {
  /** `SERVER.TOOL`, see {@link isSourceToolName}; the same for as long as its server calls it the same. */
  readonly name: string
  /** For a model; written by others, bounded, and never an instruction. */
  readonly description: string
  /** JSON Schema of its arguments; its server looks at them. */
  readonly inputSchema: JsonObject
  /** It changes something, or nobody says that it doesn't. */
  readonly changes: boolean
  /** How long a call may take, with all that goes before it, in milliseconds. Absent: a minute. */
  readonly timeout?: number
}

export interface SourceCall {
  /** The same when the call is made again after a crash; the tool is told. */
  readonly key: string
  readonly signal: AbortSignal
}

export interface SourceAnswer {
  readonly text: string
  /** The tool says that it went wrong. */
  readonly failed: boolean
}

/**
 * Servers outside that offer tools, such as those of the Model Context Protocol. Whoever runs the process names them, and says which tenants
 * may use which; no tenant can.
 *
 * Promises:
 * - A tenant has the servers that it may use, and no sign of others.
 * - A server is asked when something of it is asked for, and not before.
 * - Nothing that a tenant's calls leave in a server shows to another tenant, unless whoever runs the process says that they share it.
 * - What comes from a server is bounded: names fit {@link isSourceToolName}, descriptions, schemas and answers are cut or refused.
 * - A call is sent once. One that fails on its way may have had its effect: nothing repeats it but whoever made it.
 * - A call ends soon after its signal is aborted, with the signal's reason; its server is told.
 */
export interface ToolSource {
  /** Whether the tenant may use the server that a tool's name, or `SERVER.*`, begins with. Asks nobody. */
  offers(tenant: string, name: string): boolean
  /**
   * Those of the named tools that are there, each once. What no server of the tenant's offers is left out.
   * @param names as agents list them: `files.read_file`, or `files.*` for all of a server.
   * @throws ToolSourceError when a server that is named can't be asked.
   */
  list(tenant: string, names: readonly string[], signal: AbortSignal): Promise<readonly SourceTool[]>
  /** @throws ToolSourceError; `tool_unknown` for a tool that isn't there, too. */
  call(tenant: string, name: string, input: JsonObject, call: SourceCall): Promise<SourceAnswer>
}

const messages = {
  tool_unknown: 'There is no such tool.',
  tool_server_unavailable: 'The server of the tool can not be reached.',
  tool_server_lost: 'The server of the tool ended before it answered: what the call did is not known.',
  tool_timeout: 'The tool did not answer in time.',
  tool_answer_too_large: 'The answer of the tool was larger than is read.',
  tool_failed: 'The server of the tool refused the call, or answered what can not be read.',
} as const

export type ToolSourceCode = keyof typeof messages

/** A tool that could not be asked, or gave no answer. The message names no server, and nothing that one wrote. */
export class ToolSourceError extends PlinthError {
  declare readonly code: ToolSourceCode

  constructor(code: ToolSourceCode, options: { readonly cause?: unknown } = {}) {
    super(code, messages[code], code === 'tool_server_unavailable', options)
  }
}

/** Letters and digits with single hyphens or underscores between them. */
const serverForm = /^[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*$/
const longestServer = 32
/** A dot takes two characters where models are told the name. */
const longestName = 63

export function isToolServerName(name: string): boolean {
  return name.length <= longestServer && serverForm.test(name)
}

/** `SERVER.TOOL` of letters, digits, `_` and `-`, up to 63 characters; or `SERVER.*`. */
export function isSourceToolName(name: string): boolean {
  const dot = name.indexOf('.')
  return (
    dot > 0 &&
    name.length <= longestName &&
    isToolServerName(name.slice(0, dot)) &&
    /^(?:\*|[A-Za-z0-9_-]+)$/.test(name.slice(dot + 1))
  )
}

/** What is before the dot; undefined for what is no tool of a source. */
export function toolServerOf(name: string): string | undefined {
  return isSourceToolName(name) ? name.slice(0, name.indexOf('.')) : undefined
}

/** Whether an agent that lists `listed` has the tool `name`. */
export function isListed(listed: readonly string[], name: string): boolean {
  const server = toolServerOf(name)
  return listed.includes(name) || (server !== undefined && listed.includes(`${server}.*`))
}
