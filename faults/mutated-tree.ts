import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Mutation } from './mutations.ts'
import { applyPatches } from './patches.ts'

/**
 * Copies the sources of a checkout and patches the copy.
 * @throws Error when the mutation no longer applies: then it must be written anew, or nobody knows whether its fault would be found.
 */
export function mutatedTree(root: string, folder: string, mutation: Mutation): void {
  copySources(root, folder)
  applyPatches(folder, mutation.name, mutation.patches)
}

/** Everything that the workload needs: what is installed is linked, and our packages are the copies. */
function copySources(root: string, folder: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@plinth'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@plinth' && !name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    const [from, to] = [join(root, 'packages', name), join(folder, 'packages', name)]
    for (const part of ['src', 'package.json'])
      if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true })
    if (existsSync(join(from, 'node_modules'))) symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'))
    symlinkSync(to, join(modules, '@plinth', name))
  }
  const workload = 'faults/workload'
  mkdirSync(dirname(join(folder, workload)), { recursive: true })
  cpSync(join(root, workload), join(folder, workload), { recursive: true })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
}
