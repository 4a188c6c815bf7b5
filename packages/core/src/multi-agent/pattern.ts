import { definePattern, type Pattern } from '../define/pattern.ts'
import { agentRoutes } from './agent-routes.ts'
import { agents } from './agents/registry.ts'
import { workflowFinished, workflowStarted, workflowWaits } from './events.ts'
import { advanceJob, forgetJob } from './jobs.ts'
import { workflowRoutes } from './workflow-routes.ts'
import { journals, owners, workflows } from './workflows.ts'

/** Specialised agents that work on one request by a plan (R46). */
export const multiAgent: Pattern = definePattern({
  name: 'multi-agent',
  title: 'Multi-Agent Orchestration',
  summary:
    'A request becomes a plan of steps for specialised agents, which run as soon as they can, survive crashes, and end in one answer.',
  collections: [agents, workflows, journals, owners],
  events: [workflowStarted, workflowWaits, workflowFinished],
  jobs: [advanceJob, forgetJob],
  routes: [...agentRoutes, ...workflowRoutes],
})
