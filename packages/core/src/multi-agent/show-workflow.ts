/** A run as routes show it. @module */
import { z } from 'zod'
import { pageOf } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import { noUsage } from '../rag/usage.ts'
import type { Workflow } from './manage-workflow.ts'
import { budgetForm, type Plan } from './plan/plan.ts'
import { synthesis } from './run/journal.ts'
import { RunState, type RunStatus } from './run/run-state.ts'
import type { StepState } from './run/step-state.ts'
import { upTo } from './whole-characters.ts'
import { runStatus, type WorkflowFields } from './workflows.ts'

const instant = z.iso.datetime()
const usage = z.object({ input_tokens: z.number(), output_tokens: z.number(), usd: z.number(), latency_ms: z.number() })
/** Of one step. */
export const stepFields: z.ZodRawShape = {
  step_id: z.string(),
  agent_type: z.string(),
  status: z.enum(['pending', 'awaiting_approval', 'running', 'completed', 'failed', 'skipped', 'cancelled']),
  attempts: z.number().int(),
  result: z.string().nullable(),
  output: z.unknown().optional(),
  sources: z.array(z.string()),
  truncated: z.boolean().optional(),
  criteria: z.enum(['met', 'not_judged']).optional(),
  pending_calls: z
    .array(z.object({ call_id: z.string(), tool: z.string(), input: z.record(z.string(), z.unknown()) }))
    .optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  /** Who gave the result, in a fork: no agent did. */
  given_by: z.string().optional(),
  started_at: instant.nullable(),
  ended_at: instant.nullable(),
  /** When its last try began, and how long those before it ran, and it itself once it has ended: what lies between tries is left out. */
  tried_at: instant.nullable(),
  ran_seconds: z.number(),
  usage,
  tool_calls: z.number().int(),
  again_at: instant.optional(),
}
const stepShown = z.object(stepFields)
const summary = {
  workflow_id: z.string(),
  tenant_id: z.string(),
  status: runStatus,
  usage,
  created_at: instant,
  updated_at: instant,
  session_id: z.string().optional(),
  forked_from: z.object({ workflow_id: z.string(), step_id: z.string() }).optional(),
}
export const workflowForm: z.ZodType = z.object({
  ...summary,
  waits_for: z.enum(['plan', 'steps']).optional(),
  request: z.string(),
  /** Who asked for it, whether a plan of it waits for approval, and what it may use; absent: as much as it takes. */
  user_id: z.string(),
  approval: z.enum(['none', 'plan']),
  budget: budgetForm.optional(),
  tool_calls: z.number().int(),
  /** From when its seconds count, and for how many of them it waited for nothing but somebody's word, up to its last change: those don't. */
  counts_from: instant,
  waited_seconds: z.number(),
  plan: z
    .object({
      goal: z.string(),
      success_criteria: z.array(z.string()),
      source: z.string(),
      revision: z.number().int(),
      faults: z.array(z.string()),
      steps: z.array(z.record(z.string(), z.unknown())),
    })
    .nullable(),
  steps: z.record(z.string(), stepShown),
  synthesis: stepShown.nullable(),
  result: z
    .object({ text: z.string(), sources: z.array(z.string()), citations: z.array(z.record(z.string(), z.unknown())) })
    .nullable(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  /** Agents that were defined in another way when a process went on with the run, which kept the definitions that it began with. */
  agents_changed: z.array(z.string()).optional(),
  /** What people said of it, in order; `step`: of that one. */
  decisions: z.array(
    z.object({
      decision: z.enum(['approved', 'rejected', 'cancelled', 'retried']),
      at: instant,
      by: z.string(),
      step_id: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
})
/** What the routes that act on a run answer. */
export const changedForm: z.ZodType = z.object({ ...summary, waits_for: z.enum(['plan', 'steps']).optional() })
export const workflowListForm: z.ZodType = pageOf(z.object({ ...summary, request: z.string().optional() }))
export const acceptedForm: z.ZodType = z.object({ workflow_id: z.string(), status: runStatus })

/** Of a request, what stands in a list. */
const shownInList = 300

/** A run as a list shows it that was asked for texts. */
export async function showTitled(tenantId: string, record: Workflow['record']): Promise<object> {
  return { ...showSummary(tenantId, record.fields), request: upTo((await record.open('request')) ?? '', shownInList) }
}

export function showSummary(tenantId: string, fields: WorkflowFields): object {
  const { workflow_id, status: at, usage: used, created, updated, session_id, forked_from } = fields
  return {
    workflow_id,
    tenant_id: tenantId,
    status: at,
    usage: used,
    created_at: timestamp(created),
    updated_at: timestamp(updated),
    ...(session_id === undefined ? {} : { session_id }),
    ...(forked_from ? { forked_from } : {}),
  }
}

/** Where a run stands by its journal, without its texts. */
export function showChanged(tenantId: string, { record, state }: Workflow): object {
  return {
    ...showSummary(tenantId, record.fields),
    ...statusShown(state),
    usage: state.usage,
    updated_at: timestamp(Math.max(record.fields.updated, state.updatedAt)),
  }
}

/** Whole, with every step from the start (R57, R62): a caller's plan is shown before the run's journal has it. */
export async function showWorkflow(tenantId: string, { record, state }: Workflow): Promise<object> {
  const { source, planFaults, ending } = state
  const shown = state.plan ? state : await asGiven(record)
  const { plan, steps } = shown
  const own = steps.get(synthesis)
  // Nobody can agree to a step before the journal has the plan.
  const begun = state.plan !== undefined
  return {
    ...showChanged(tenantId, { record, state }),
    request: (await record.open('request')) ?? '',
    user_id: record.fields.user_id,
    approval: record.fields.approval,
    ...(record.fields.budget ? { budget: record.fields.budget } : {}),
    tool_calls: state.toolCalls,
    counts_from: timestamp(state.againAt ?? record.fields.created),
    waited_seconds: state.rested / 1_000,
    plan: plan
      ? {
          goal: plan.goal,
          success_criteria: plan.success_criteria,
          source: source ?? 'caller',
          revision: state.revision,
          faults: planFaults,
          steps: plan.steps.map((step) => ({ expected_output: null, ...step })),
        }
      : null,
    steps: Object.fromEntries([...steps].filter(([id]) => id !== synthesis).map(([id, step]) => [id, showStep(step, begun)])),
    synthesis: own && shown.synthesisStep === undefined ? showStep(own) : null,
    result:
      ending?.status === 'completed'
        ? { text: ending.text, sources: ending.sources ?? [], citations: ending.citations ?? [] }
        : null,
    decisions: state.said.map(({ word, at, step, ...more }) => ({
      decision: word,
      at: timestamp(at),
      ...(step === undefined ? {} : { step_id: step }),
      ...more,
    })),
    ...(state.agentsChanged.size > 0 ? { agents_changed: [...state.agentsChanged].sort() } : {}),
    ...(ending?.status === 'failed' ? { error: { code: ending.code, message: ending.message } } : {}),
    ...(ending?.status === 'cancelled' ? { error: { code: 'cancelled', message: ending.reason } } : {}),
  }
}

/** The run as it will be when its journal has the plan that its caller gave; without one, without steps. */
async function asGiven(record: Workflow['record']): Promise<RunState> {
  const state = new RunState()
  const given = await record.open('plan')
  if (given !== undefined)
    state.apply({ at: record.fields.created, kind: 'planned', plan: JSON.parse(given) as Plan, source: 'caller', usage: noUsage })
  return state
}

/** A run that nothing but somebody's word can bring on waits for it. */
function statusOf(state: RunState): RunStatus {
  return state.status === 'running' && state.isAtRest ? 'awaiting_approval' : state.status
}

/** The status, with what is waited for where somebody has to agree. */
export function statusShown(state: RunState): { readonly status: RunStatus; readonly waits_for?: 'plan' | 'steps' } {
  const at = statusOf(state)
  return at === 'awaiting_approval' ? { status: at, waits_for: state.status === at ? 'plan' : 'steps' } : { status: at }
}

/** One step, or the synthesis, with what it cost. @param begun whether its plan is in the journal. */
export function showStep(state: StepState, begun = true): object {
  const {
    step,
    attempts,
    result,
    givenBy,
    error,
    calls,
    startedAt,
    endedAt,
    beganAt,
    ran,
    usage: used,
    toolCalls,
    notBefore,
  } = state
  const at = begun ? state.status : 'pending'
  return {
    step_id: step.id === synthesis ? 'synthesis' : step.id,
    agent_type: step.agent_type,
    status: at,
    attempts,
    result: result?.text ?? null,
    ...(result?.json === undefined ? {} : { output: result.json }),
    sources: result?.sources ?? [],
    ...(result?.truncated ? { truncated: true } : {}),
    ...(result?.criteria ? { criteria: result.criteria } : {}),
    ...(at === 'awaiting_approval' && calls ? { pending_calls: calls } : {}),
    ...(error && at !== 'completed' ? { error } : {}),
    ...(givenBy === undefined ? {} : { given_by: givenBy }),
    started_at: startedAt === undefined ? null : timestamp(startedAt),
    ended_at: endedAt === undefined ? null : timestamp(endedAt),
    tried_at: startedAt === undefined ? null : timestamp(beganAt),
    ran_seconds: ran / 1_000,
    usage: used,
    tool_calls: toolCalls,
    ...(at === 'pending' && notBefore > 0 ? { again_at: timestamp(notBefore) } : {}),
  }
}
