import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../../', import.meta.url))
const packages = ['core', 'models', 'outbound', 'local', 'server', 'cli']

/**
 * How the command is run: as users run it, from what was built; from the sources while they are newer than that, so that
 * nobody tests yesterday's code.
 */
export function plinthCommand(): readonly string[] {
  found ??= find()
  return found
}

/** Looked for once in a test file: it takes 10 ms, and some files run the command a hundred times. */
let found: readonly string[] | undefined

function find(): readonly string[] {
  const built = packages.every(
    (name) => modified(join(root, 'packages', name, 'dist/.tsbuildinfo')) >= newest(join(root, 'packages', name, 'src')),
  )
  if (built) return [process.execPath, join(root, 'packages/cli/bin/plinth.js')]
  return [process.execPath, '--conditions=@plinth/source', join(root, 'packages/cli/src/main.ts')]
}

function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return Math.max(...files.map((name) => modified(join(folder, name))))
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
