import { advisor } from './advisor.ts'
import { analytics } from './analytics.ts'
import { analyticsFaults } from './analytics-faults.ts'
import { aws } from './aws.ts'
import { awsFaults } from './aws-faults.ts'
import { documents } from './documents.ts'
import { eventDriven } from './event-driven.ts'
import { eventDrivenFaults } from './event-driven-faults.ts'
import { multiAgent } from './multi-agent.ts'
import { multiAgentFaults } from './multi-agent-faults.ts'
import { multiTenant } from './multi-tenant.ts'
import { multiTenantFaults } from './multi-tenant-faults.ts'
import { multiTenantIsolation } from './multi-tenant-isolation.ts'
import type { RequirementMutation } from './mutation.ts'
import { rag } from './rag.ts'
import { ragFaults } from './rag-faults.ts'

/** One for each number of docs/requirements.json, by pattern. */
export const catalogue: readonly RequirementMutation[] = [
  ...documents,
  ...eventDriven,
  ...eventDrivenFaults,
  ...rag,
  ...ragFaults,
  ...multiAgent,
  ...multiAgentFaults,
  ...analytics,
  ...analyticsFaults,
  ...multiTenant,
  ...multiTenantIsolation,
  ...multiTenantFaults,
  ...advisor,
  ...aws,
  ...awsFaults,
]
