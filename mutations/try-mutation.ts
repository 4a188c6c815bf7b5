import type { RequirementMutation } from './mutation.ts'
import { runTests } from './run-tests.ts'
import type { Tree } from './tree.ts'

export interface Outcome {
  readonly isFound: boolean
  /** The title of a test that turned red, or why nothing can be said. */
  readonly words: string
}

/** Whether a test that names the number is green without the change, and red with it. */
export async function tryMutation(tree: Tree, { number, patches, test }: RequirementMutation): Promise<Outcome> {
  const before = await runTests(tree.folder, test, number)
  if (before.length === 0) return { isFound: false, words: `no test of ${test} that names ${number} ran` }
  const red = before.find(({ passed }) => !passed)
  if (red) return { isFound: false, words: `is red without it: ${red.title}` }
  const after = await tree.mutated(number, patches, () => runTests(tree.folder, test, number))
  if (after.length === 0) return { isFound: false, words: `${test} can't be run with it` }
  const found = after.find(({ passed }) => !passed)
  return found ? { isFound: true, words: found.title } : { isFound: false, words: `${after.length} tests stay green: ${test}` }
}
