import { readFileSync } from 'node:fs'
import { InvalidInputError } from '@plinth/core'
import { type McpServers, readMcpServers } from './servers.ts'

const field = 'PLINTH_MCP_SERVERS'

/**
 * The servers of `PLINTH_MCP_SERVERS`: a JSON object, or the name of a file with one. See {@link readMcpServers}.
 * @throws InvalidInputError that names the variable.
 */
export function loadMcpServers(setting: string | undefined, options: Parameters<typeof readMcpServers>[1]): McpServers {
  if (!setting) return new Map()
  return readMcpServers(setting.trimStart().startsWith('{') ? setting : fileOf(setting), options)
}

function fileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new InvalidInputError(`${field} names the file ${path}, which can't be read.`, { field, cause })
  }
}
