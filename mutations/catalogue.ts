import { eventDriven } from './event-driven.ts'
import type { RequirementMutation } from './mutation.ts'

/** All of them, in the order of the seed document. */
export const catalogue: readonly RequirementMutation[] = [...eventDriven]

/** Numbers that no change of a source can break, and why. */
export const withoutMutation: Readonly<Record<string, string>> = {}
