import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Workbench } from './bench.ts'
import { mutatedTree } from './mutated-tree.ts'
import type { Mutation } from './mutations.ts'
import { countCalls, type Finding, type SweepOptions, sweepCalls } from './sweep.ts'

export interface MutationResult {
  /** What was found first; nothing: the sweep is blind to this fault. */
  readonly found: Finding | undefined
  /** How many crash points were tried until then. */
  readonly tried: number
}

/** Sweeps a copy of the sources with a fault in it until something is found. */
export async function tryMutation(
  workbench: Workbench,
  root: string,
  mutation: Mutation,
  options: Omit<SweepOptions, 'bench' | 'impatient'> & { readonly requests: number },
): Promise<MutationResult> {
  const tree = join(workbench.folder, mutation.name)
  mutatedTree(root, tree, mutation)
  const bench = await workbench.bench(tree, options.requests)
  rmSync(tree, { recursive: true, force: true })
  const { calls, findings } = await countCalls(bench)
  if (findings.length > 0) return { found: { place: 'without any crash', words: findings }, tried: 0 }
  let tried = 0
  for (const mode of mutation.modes) {
    const tally = await sweepCalls({ ...options, bench, impatient: true }, mode, calls)
    tried += tally.tried
    const [found] = tally.findings
    if (found) return { found, tried }
  }
  return { found: undefined, tried }
}
