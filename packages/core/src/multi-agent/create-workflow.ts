import { publishEvent } from '../define/event.ts'
import { startJob } from '../define/job.ts'
import { ConflictError, ReusedError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import { noUsage } from '../rag/usage.ts'
import type { Uses } from '../scope/scope.ts'
import { insert } from '../scope/state.ts'
import { filterInput } from '../tenancy/filters/filter-input.ts'
import { byType } from './agents/agent.ts'
import { withTenantModel } from './agents/changed-agents.ts'
import { allAgents } from './agents/registry.ts'
import { workflowStarted } from './events.ts'
import { advanceJob } from './jobs.ts'
import type { Budget } from './plan/plan.ts'
import { type PlanRules, requirePlan } from './plan/validate-plan.ts'
import { journalRow } from './run/journal-writer.ts'
import { earlierRuns, sessionOf } from './session.ts'
import { type WorkflowFields, type WorkflowTexts, workflowRetention, workflows } from './workflows.ts'

export interface NewWorkflow {
  readonly request: string
  /** The caller's own; what it leaves out is filled in, what is wrong with it is refused. */
  readonly plan?: unknown
  readonly approval?: 'none' | 'plan' | undefined
  readonly budget?: Budget | undefined
  /** Runs of the same user under the same name are told what came of those before. */
  readonly session_id?: string | undefined
}

/**
 * orchestrate_workflow of the seed (R56): keeps the request with the job that plans and runs it, in one commit, then acknowledges.
 * @throws InvalidInputError, `invalid_plan` among others; ReusedError for a key that was used with another body.
 */
export async function createWorkflow(
  scope: Uses<'state' | 'models'>,
  { request, plan: given, approval = 'none', budget, session_id }: NewWorkflow,
  options: KeyOption = {},
): Promise<WorkflowFields> {
  const agents = await allAgents(scope)
  const rules: PlanRules = { agents: byType(agents), budget }
  const plan = given === undefined ? undefined : requirePlan(given, rules)
  const { text } = await filterInput(scope, request, 'request')
  const named = session_id === undefined ? {} : { session_id }
  const body = { request, plan: given ?? null, approval, budget: budget ?? null, ...named } as unknown as JsonObject
  const session = session_id === undefined ? undefined : await sessionOf(scope, session_id)
  const earlier = session === undefined ? [] : await earlierRuns(scope, session)
  return keepWorkflow(scope, body, options, {
    fields: {
      status: 'planning',
      approval,
      ...(budget ? { budget } : {}),
      ...named,
      ...(session === undefined ? {} : { session }),
    },
    texts: {
      request: text,
      agents: JSON.stringify(agents.map((agent) => withTenantModel(scope, agent))),
      ...(plan ? { plan: JSON.stringify(plan) } : {}),
      ...(earlier.length > 0 ? { earlier: JSON.stringify(earlier) } : {}),
    },
  })
}

export interface KeyOption {
  /** The tenant's; of somebody's own it is made by {@link keyOfCaller}. */
  readonly idempotencyKey?: string | undefined
}

/** What is kept of a run from its beginning. */
interface Begun {
  readonly fields: Pick<WorkflowFields, 'status' | 'approval' | 'budget' | 'session_id' | 'session' | 'forked_from'>
  readonly texts: Partial<WorkflowTexts>
  /** Rows of its journal. */
  readonly rows?: readonly string[]
}

/**
 * Keeps a run with the job that works on it, in one commit.
 * @param body what tells a repetition of its key from a reuse.
 * @throws ReusedError for a key that was used with another body; TooLargeError.
 */
export async function keepWorkflow(
  scope: Uses<'state'>,
  body: JsonObject,
  { idempotencyKey: key }: KeyOption,
  { fields: own, texts, rows = [] }: Begun,
): Promise<WorkflowFields> {
  const digest = await scope.state.lookup('workflow body', canonicalJson(body))
  const id = key === undefined ? uuid(scope.clock) : await workflowIdOf(scope, key)
  const created = scope.clock.now()
  const { requests_days: days } = scope.tenant.retention
  const fields: WorkflowFields = {
    workflow_id: id,
    user_id: scope.caller.user,
    ...own,
    created,
    updated: created,
    kept_for: days === undefined ? workflowRetention : days * 86_400_000,
    usage: noUsage,
    correlation_id: scope.caller.correlationId,
    body_digest: digest,
  }
  const { groups, permissions } = scope.caller
  const sealed = { ...texts, groups: JSON.stringify([...groups]), permissions: JSON.stringify([...permissions]) }
  const journal = rows.map((entries, row) => journalRow(id, row, { at: created }, entries))
  try {
    await scope.state.commit({
      writes: [insert(workflows, { partition: id }, fields, sealed), ...journal],
      emit: [publishEvent(workflowStarted, id, { workflow_id: id }), startJob(advanceJob, { id, body: { workflow_id: id } })],
      resource: `workflows/${id}`,
    })
    return fields
  } catch (error) {
    const first = error instanceof ConflictError ? await scope.state.get(workflows, { partition: id }) : undefined
    if (!first) throw error
    if (first.fields.body_digest !== digest) throw new ReusedError('Idempotency-Key', 'Idempotency-Key')
    return first.fields
  }
}

/** A key as the caller's own: another user who sends the same one is given nothing of this one's, whose run may find more. */
export function keyOfCaller({ caller }: Uses<never>, key: string): string {
  return JSON.stringify([caller.user, key])
}

/** The same key names the same workflow, and can't be read from its id. */
export async function workflowIdOf(scope: Uses<'state'>, key: string): Promise<string> {
  const digest = await scope.state.lookup('workflow key', key)
  return `key-${digest.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 40)}`
}
