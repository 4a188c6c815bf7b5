import { PlinthError } from '@plinth/core'
import { namedMcpServers } from '@plinth/server'
import { countOf } from '../words.ts'
import { ok, problem } from './finding.ts'
import type { Check } from './patient.ts'

/** The form of the file that names them; none is started or asked. */
export const mcpServers: Check = {
  name: 'mcp servers',
  look: ({ variables }) => {
    if (!variables.PLINTH_MCP_SERVERS) return undefined
    try {
      const names = namedMcpServers(variables)
      return ok(`${countOf(names.length, 'MCP server')} for agents: ${names.join(', ') || 'none'}. None was started.`)
    } catch (error) {
      if (!PlinthError.is(error)) throw error
      return problem(error.message, 'Correct PLINTH_MCP_SERVERS or the file that it names (docs/mcp.md), or unset it.')
    }
  },
}
