/** A run as routes show it. @module */
import { z } from 'zod'
import { pageOf } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import type { Workflow } from './manage-workflow.ts'
import { synthesis } from './run/journal.ts'
import type { RunStatus, StepState } from './run/run-state.ts'
import type { WorkflowFields } from './workflows.ts'

const instant = z.iso.datetime()
const usage = z.object({ input_tokens: z.number(), output_tokens: z.number(), usd: z.number(), latency_ms: z.number() })
const stepShown = z.object({
  step_id: z.string(),
  agent_type: z.string(),
  status: z.enum(['pending', 'awaiting_approval', 'running', 'completed', 'failed', 'skipped', 'cancelled']),
  attempts: z.number().int(),
  result: z.string().nullable(),
  output: z.unknown().optional(),
  sources: z.array(z.string()),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  started_at: instant.nullable(),
  ended_at: instant.nullable(),
  usage,
  tool_calls: z.number().int(),
})
const status = z.enum(['planning', 'awaiting_approval', 'running', 'completed', 'failed', 'cancelled'])
const summary = {
  workflow_id: z.string(),
  tenant_id: z.string(),
  status,
  usage,
  created_at: instant,
  updated_at: instant,
}
export const workflowForm: z.ZodType = z.object({
  ...summary,
  request: z.string(),
  plan: z
    .object({
      goal: z.string(),
      success_criteria: z.array(z.string()),
      source: z.string(),
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
})
export const workflowListForm: z.ZodType = pageOf(z.object(summary))
export const acceptedForm: z.ZodType = z.object({ workflow_id: z.string(), status })

export function showSummary(tenantId: string, fields: WorkflowFields): object {
  const { workflow_id, status: at, usage: used, created, updated } = fields
  return {
    workflow_id,
    tenant_id: tenantId,
    status: at,
    usage: used,
    created_at: timestamp(created),
    updated_at: timestamp(updated),
  }
}

/** Whole, with every step from the start (R57, R62). */
export async function showWorkflow(tenantId: string, { record, state }: Workflow): Promise<object> {
  const { plan, source, planFaults, ending } = state
  const own = state.steps.get(synthesis)
  return {
    ...showSummary(tenantId, record.fields),
    status: statusOf(state),
    usage: state.usage,
    updated_at: timestamp(Math.max(record.fields.updated, state.updatedAt)),
    request: (await record.open('request')) ?? '',
    plan: plan
      ? {
          goal: plan.goal,
          success_criteria: plan.success_criteria,
          source: source ?? 'model',
          faults: planFaults,
          steps: plan.steps.map((step) => ({ expected_output: null, ...step })),
        }
      : null,
    steps: Object.fromEntries([...state.steps].filter(([id]) => id !== synthesis).map(([id, step]) => [id, showStep(step)])),
    synthesis: own && state.synthesisStep === undefined ? showStep(own) : null,
    result:
      ending?.status === 'completed'
        ? { text: ending.text, sources: ending.sources ?? [], citations: ending.citations ?? [] }
        : null,
    ...(ending?.status === 'failed' ? { error: { code: ending.code, message: ending.message } } : {}),
    ...(ending?.status === 'cancelled' ? { error: { code: 'cancelled', message: ending.reason } } : {}),
  }
}

/** A run that nothing but somebody's word can bring on waits for it. */
export function statusOf(state: Workflow['state']): RunStatus {
  if (state.status !== 'running' || state.running > 0) return state.status
  const waits = [...state.steps.values()].some(({ status: at }) => at === 'awaiting_approval')
  const goesOn = [...state.steps.values()].some(({ status: at, step }) => at === 'pending' && isFree(state, step.dependencies))
  return waits && !goesOn ? 'awaiting_approval' : 'running'
}

function isFree({ steps }: Workflow['state'], dependencies: readonly string[]): boolean {
  return dependencies.every((id) => ['completed', 'failed', 'skipped'].includes(steps.get(id)?.status ?? ''))
}

function showStep({ step, status: at, attempts, result, error, startedAt, endedAt, usage: used, toolCalls }: StepState): object {
  return {
    step_id: step.id === synthesis ? 'synthesis' : step.id,
    agent_type: step.agent_type,
    status: at,
    attempts,
    result: result?.text ?? null,
    ...(result?.json === undefined ? {} : { output: result.json }),
    sources: result?.sources ?? [],
    ...(error && at !== 'completed' ? { error } : {}),
    started_at: startedAt === undefined ? null : timestamp(startedAt),
    ended_at: endedAt === undefined ? null : timestamp(endedAt),
    usage: used,
    tool_calls: toolCalls,
  }
}
