/** What routes about workflows and agents take. @module */
import { z } from 'zod'
import { answerTokens, type PageQuery, pageFields, pageOf, wholeNumber } from '../define/forms.ts'
import { type AgentDefinition, agentType } from './agents/agent.ts'
import type { NewAgent } from './agents/registry.ts'
import type { NewWorkflow } from './create-workflow.ts'
import type { Fork } from './fork-workflow.ts'
import type { About } from './manage-workflow.ts'
import { budgetForm, planLimits } from './plan/plan.ts'
import type { RunStatus } from './run/run-state.ts'
import type { Tool } from './tools/tool.ts'
import { runStatus } from './workflows.ts'

const text = z
  .string()
  .max(planLimits.prompt)
  .refine((words) => words.trim() !== '', 'Must not be empty.')
const sessionId = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'Must be 1 to 128 letters, digits, dots, underscores, colons and hyphens.')

export const newWorkflow: z.ZodType<NewWorkflow> = z.strictObject({
  request: text,
  plan: z.record(z.string(), z.unknown()).optional(),
  approval: z.enum(['none', 'plan']).optional(),
  budget: budgetForm.optional(),
  session_id: sessionId.optional(),
}) as unknown as z.ZodType<NewWorkflow>

/** The step is looked at behind the id, so that nobody is told more of what isn't theirs. */
export const forkBody: z.ZodType<Fork> = z.strictObject({
  step: z.string().max(200).optional(),
  prompt: text.optional(),
  result: text.optional(),
  approval: z.enum(['none', 'plan']).optional(),
  budget: budgetForm.optional(),
}) as unknown as z.ZodType<Fork>

export interface WorkflowParams {
  readonly id: string
}
const id = z.string().min(1).max(200)
export const workflowParams: z.ZodType<WorkflowParams> = z.strictObject({ id })

export interface StepParams extends WorkflowParams {
  readonly step: string
}
export const stepParams: z.ZodType<StepParams> = z.strictObject({ id, step: id })

export interface WorkflowListQuery extends PageQuery {
  readonly status?: RunStatus | undefined
  /** The caller's own session. */
  readonly session_id?: string | undefined
  /** With the beginning of each request. */
  readonly texts?: boolean | undefined
}
export const workflowListQuery: z.ZodType<WorkflowListQuery> = z.strictObject({
  ...pageFields,
  status: runStatus.optional(),
  session_id: sessionId.optional(),
  texts: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
})

const reason = z.string().max(2_000)
/** Ids of calls of tools, as a step shows them that waits. */
const calls = z.array(z.string().max(1_000)).min(1).max(100).optional()
const about = { step: z.string().max(200).optional(), calls, revision: z.number().int().min(1).optional() }

export interface ApproveBody extends Omit<About, 'idempotencyKey'> {
  readonly plan?: unknown
}
export const approveBody: z.ZodType<ApproveBody | undefined> = z
  .strictObject({ ...about, plan: z.record(z.string(), z.unknown()).optional() })
  .optional()

export interface RejectBody extends Omit<About, 'idempotencyKey'> {
  readonly reason?: string | undefined
}
export const rejectBody: z.ZodType<RejectBody | undefined> = z.strictObject({ ...about, reason: reason.optional() }).optional()

export interface CancelBody {
  readonly reason?: string | undefined
}
export const cancelBody: z.ZodType<CancelBody | undefined> = z.strictObject({ reason: reason.optional() }).optional()

const agentFields = {
  model_id: z.string().min(1).max(300).optional(),
  system_prompt: z.string().min(1).max(50_000).optional(),
  tools: z.array(z.string().min(1).max(300)).max(100).optional(),
  allow: z.array(z.string().min(1).max(128)).max(100).optional(),
  capabilities: z.array(z.string().min(1).max(500)).max(50).optional(),
  limits: z
    .strictObject({
      turns: wholeNumber(1, 100).optional(),
      max_tokens: answerTokens.optional(),
      tool_calls: wholeNumber(0, 1_000).optional(),
      concurrency: wholeNumber(1, 1_000).optional(),
    })
    .optional(),
}
export const newAgent: z.ZodType<NewAgent> = z.strictObject({ type: agentType, ...agentFields }) as unknown as z.ZodType<NewAgent>
export interface ChangedAgent extends Partial<NewAgent> {
  /** Of the agent as whoever changes it knows it. */
  readonly version?: number | undefined
}
export const changedAgent: z.ZodType<ChangedAgent> = z.strictObject({
  type: agentType.optional(),
  ...agentFields,
  version: z.number().int().min(0).optional(),
}) as unknown as z.ZodType<ChangedAgent>

export const agentListQuery: z.ZodType<PageQuery> = z.strictObject(pageFields)

export interface AgentParams {
  readonly type: string
}
export const agentParams: z.ZodType<AgentParams> = z.strictObject({ type: z.string().min(1).max(100) })

const agentShown = z.object({
  type: z.string(),
  model_id: z.string(),
  /** It names none of its own: the model is whichever is the tenant's. */
  usual_model: z.boolean(),
  system_prompt: z.string(),
  tools: z.array(z.string()),
  allow: z.array(z.string()),
  capabilities: z.array(z.string()),
  limits: z.record(z.string(), z.number()),
  version: z.number().int(),
  built_in: z.boolean(),
})
export const agentForm: z.ZodType = agentShown
export const agentListForm: z.ZodType = pageOf(agentShown)

/** @param usualModel the tenant's, for agents that name none. */
export function showAgent({ model_id: modelId, version, ...agent }: AgentDefinition, usualModel: string): object {
  return {
    allow: [],
    ...agent,
    model_id: modelId ?? usualModel,
    usual_model: modelId === undefined,
    version,
    built_in: version === 0,
  }
}

export const toolListForm: z.ZodType = pageOf(
  z.object({ name: z.string(), description: z.string(), changes: z.boolean(), permission: z.string().optional() }),
)

/** @returns a tool without what its model is told of its arguments. */
export function showTool({ name, description, changes, permission }: Tool): object {
  return { name, description, changes, ...(permission === undefined ? {} : { permission }) }
}
