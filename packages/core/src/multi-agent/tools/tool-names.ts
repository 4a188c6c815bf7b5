import { sha256 } from '../../crypto.ts'
import type { Tool } from './tool.ts'

/** Providers take letters, digits, underscores and hyphens, up to so many. */
const longest = 64

/** Tools by the names that a model is told. No two have the same one, or a call would reach a tool that was not meant. */
export function namedForModels(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const named = new Map<string, Tool>()
  for (const tool of tools) {
    const name = nameForModels(tool.name)
    named.set(named.has(name) ? distinct(tool.name) : name, tool)
  }
  return named
}

function nameForModels(name: string): string {
  const plain = name.replaceAll('.', '__').replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return plain.length > longest ? distinct(name) : plain
}

/** Ends in a hash of the whole name. */
function distinct(name: string): string {
  return `${name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, longest - 9)}_${sha256(name).slice(0, 8)}`
}
