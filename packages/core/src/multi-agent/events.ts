import { z } from 'zod'
import { defineEvent, type EventDefinition } from '../define/event.ts'

interface WorkflowReference {
  readonly workflow_id: string
}

export const workflowStarted: EventDefinition<WorkflowReference> = defineEvent<WorkflowReference>({
  type: 'genai.workflow.started',
  version: 1,
  summary: 'A workflow was accepted.',
  detail: z.strictObject({ workflow_id: z.string() }),
})

interface WorkflowWaits extends WorkflowReference {
  /** Absent: the plan waits. */
  readonly step_id?: string
}

export const workflowWaits: EventDefinition<WorkflowWaits> = defineEvent<WorkflowWaits>({
  type: 'genai.workflow.awaiting_approval',
  version: 1,
  summary: 'A workflow can only go on when somebody agrees, to its plan or to a step.',
  detail: z.strictObject({ workflow_id: z.string(), step_id: z.string().exactOptional() }),
})

interface WorkflowEnd extends WorkflowReference {
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly code?: string
}

export const workflowFinished: EventDefinition<WorkflowEnd> = defineEvent<WorkflowEnd>({
  type: 'genai.workflow.finished',
  version: 1,
  summary: 'A workflow came to its end.',
  detail: z.strictObject({
    workflow_id: z.string(),
    status: z.enum(['completed', 'failed', 'cancelled']),
    code: z.string().exactOptional(),
  }),
})
