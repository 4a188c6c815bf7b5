/** What is kept of each run besides its journal: what lists show, and who runs it. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import { timeOrder } from '../ids.ts'
import type { Usage } from '../language-model/catalogue.ts'
import type { Budget } from './plan/plan.ts'
import type { RunStatus } from './run/run-state.ts'

export interface WorkflowFields {
  readonly workflow_id: string
  readonly user_id: string
  /** As of the last time that a process came to a halt with it; the journal knows better. */
  readonly status: RunStatus
  /** Whether somebody has to agree to the plan. */
  readonly approval: 'none' | 'plan'
  readonly budget?: Budget
  readonly created: number
  readonly updated: number
  readonly ended?: number
  /** How long it is kept after its end, milliseconds. */
  readonly kept_for: number
  readonly usage: Usage
  readonly correlation_id: string
  /** HMAC of the body, to tell a repetition from a reuse. */
  readonly body_digest: string
  /** Runs of one user under one name see what came of those before; `session` is an HMAC of the two. */
  readonly session_id?: string
  readonly session?: string
  /** The run whose steps it began with, and the step from which it goes its own way. */
  readonly forked_from?: { readonly workflow_id: string; readonly step_id: string }
}

export interface WorkflowTexts {
  readonly request: string
  /** The caller's own, as JSON. */
  readonly plan: string
  /** Of whoever asked, as JSON: tools find what they may see. */
  readonly groups: string
  /** What whoever asked held then, as JSON: absent in runs of an earlier version, whose tools find less. */
  readonly permissions: string
  /** The agents' definitions when the run began, as JSON: a change of one doesn't get into a run that is under way. */
  readonly agents: string
  /** What came of the session's runs before this one, as JSON, read once when it was asked for. */
  readonly earlier: string
  /** The beginning of what came of it, for the session's next runs. */
  readonly answer: string
  /** By what somebody outside is told of the end; see wait-for-end.ts. */
  readonly waiter: string
}

export const workflowRetention: number = 30 * 24 * 3_600_000

export const runStatus: z.ZodType<RunStatus> = z.enum([
  'planning',
  'awaiting_approval',
  'running',
  'completed',
  'failed',
  'cancelled',
])

export const workflows: Collection<WorkflowFields, WorkflowTexts, 'created' | 'status' | 'session'> = defineCollection<
  WorkflowFields,
  WorkflowTexts,
  'created' | 'status' | 'session'
>({
  name: 'workflows',
  schema: 1,
  plain: z.custom<WorkflowFields>((fields) => {
    const { workflow_id, status: at, created } = fields as WorkflowFields
    return typeof workflow_id === 'string' && runStatus.safeParse(at).success && Number.isInteger(created)
  }),
  sealed: ['request', 'plan', 'groups', 'permissions', 'agents', 'earlier', 'answer', 'waiter'],
  lists: {
    created: { order: creationOrder },
    status: { group: (fields) => fields.status, order: creationOrder },
    session: { group: ({ session }) => session ?? 'none', order: creationOrder },
  },
  expires: ({ ended, kept_for }) => (ended === undefined ? undefined : ended + kept_for),
})

function creationOrder({ created, workflow_id }: WorkflowFields): string {
  return `${timeOrder(created)}${workflow_id}`
}

export interface JournalRow {
  readonly workflow_id: string
  readonly at: number
  /** Of the owner that wrote it; absent: somebody who has a say in the run. */
  readonly epoch?: number
}

/**
 * What happened in each run, in rows of one or several entries; prompts and results are in them, so all of it is sealed. They go with
 * their run, by a job: see `forget-workflow.ts`.
 */
export const journals: Collection<JournalRow, { entries: string }> = defineCollection<JournalRow, { entries: string }>({
  name: 'workflow-journal',
  schema: 1,
  plain: z.strictObject({ workflow_id: z.string(), at: z.number(), epoch: z.number().int().exactOptional() }),
  sealed: ['entries'],
  lists: {},
})

/** Which process runs it. The row goes with the run, or an epoch would be given twice. */
export interface OwnerRow {
  readonly workflow_id: string
  /** Grows with each that takes it over: the fencing token. */
  readonly epoch: number
  /** Until when it says that it lives, milliseconds UTC. */
  readonly until: number
  /** The job by which it has the run, and how often that had been cut off. */
  readonly job: string
  readonly cut_offs: number
}

export const owners: Collection<OwnerRow> = defineCollection<OwnerRow>({
  name: 'workflow-owners',
  schema: 1,
  plain: z.strictObject({
    workflow_id: z.string(),
    epoch: z.number().int(),
    until: z.number(),
    job: z.string(),
    cut_offs: z.number().int(),
  }),
  sealed: [],
  lists: {},
})
