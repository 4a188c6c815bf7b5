import { eventDriven } from './event-driven.ts'
import { eventDrivenFaults } from './event-driven-faults.ts'
import type { RequirementMutation } from './mutation.ts'
import { rag } from './rag.ts'
import { ragFaults } from './rag-faults.ts'

/** All of them, in the order of the seed document. */
export const catalogue: readonly RequirementMutation[] = [...eventDriven, ...eventDrivenFaults, ...rag, ...ragFaults]

/** Numbers that no change of a source can break, and why. */
export const withoutMutation: Readonly<Record<string, string>> = {}
