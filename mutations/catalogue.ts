import { analytics } from './analytics.ts'
import { analyticsFaults } from './analytics-faults.ts'
import { eventDriven } from './event-driven.ts'
import { eventDrivenFaults } from './event-driven-faults.ts'
import { multiAgent } from './multi-agent.ts'
import { multiAgentFaults } from './multi-agent-faults.ts'
import type { RequirementMutation } from './mutation.ts'
import { rag } from './rag.ts'
import { ragFaults } from './rag-faults.ts'

/** All of them, in the order of the seed document. */
export const catalogue: readonly RequirementMutation[] = [
  ...eventDriven,
  ...eventDrivenFaults,
  ...rag,
  ...ragFaults,
  ...multiAgent,
  ...multiAgentFaults,
  ...analytics,
  ...analyticsFaults,
]

/** Numbers that no change of a source can break, and why. */
export const withoutMutation: Readonly<Record<string, string>> = {}
