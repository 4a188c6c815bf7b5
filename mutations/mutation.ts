import type { Patch } from '../faults/patches.ts'

/** One number of docs/requirements.json, and the change that takes what it promises out of the sources. */
export interface RequirementMutation {
  readonly number: string
  /** What is wrong then. */
  readonly words: string
  readonly patches: readonly Patch[]
  /** The file whose test that names the number turns red, from the checkout's root. */
  readonly test: string
}
