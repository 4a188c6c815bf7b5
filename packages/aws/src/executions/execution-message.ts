import { eventSource, type NewWorkflow, newWorkflow, tenantIdPattern, workflowFinished } from '@plinth/core'
import { z } from 'zod'

/** An execution asks for a run. Nothing of its input has been looked at. */
export interface StartMessage {
  readonly task: 'start'
  /** By which the execution is answered: whoever has it can do so. */
  readonly token: string
  /** Its ARN. */
  readonly execution: string
  readonly input: unknown
}

/** An execution has waited for long enough. */
export interface CancelMessage {
  readonly task: 'cancel'
  readonly execution: string
  readonly input: unknown
}

/** The bus tells that a run has ended. */
export interface FinishedMessage {
  readonly task: 'finished'
  readonly id: string
  readonly tenant: string
  readonly workflow: string
  readonly correlationId: string
}

export type ExecutionMessage = StartMessage | CancelMessage | FinishedMessage

/** What an execution is given, in the words of `POST /api/workflows`. */
export interface ExecutionInput {
  readonly tenant_id: string
  readonly workflow: NewWorkflow
  /** Whether the execution is told the text, too: it stands in its history then, for whoever may read that. */
  readonly include_result: boolean
}

const execution = z.string().min(1).max(2_048)
const message = z.union([
  z.strictObject({ task: z.literal('start'), token: z.string().min(1).max(2_048), execution, input: z.unknown() }),
  z.strictObject({ task: z.literal('cancel'), execution, input: z.unknown() }),
  z
    .object({
      source: z.literal(eventSource),
      'detail-type': z.literal(workflowFinished.type),
      detail: z.object({
        id: z.string(),
        tenant_id: z.string().regex(tenantIdPattern),
        subject: z.string(),
        correlation_id: z.string(),
      }),
    })
    .transform(({ detail: { id, tenant_id: tenant, subject: workflow, correlation_id: correlationId } }) => ({
      ...{ task: 'finished' as const, id, tenant, workflow, correlationId },
    })),
])

/** Undefined for what neither the state machine nor the bus says. */
export function readMessage(body: string): ExecutionMessage | undefined {
  try {
    return message.safeParse(JSON.parse(body)).data as ExecutionMessage | undefined
  } catch {
    return undefined
  }
}

const owner = z.looseObject({ tenant_id: z.string().regex(tenantIdPattern) })
const inclusion = z.boolean().default(false)

/** The tenant that an execution names; undefined for none that can be. */
export function tenantIn(input: unknown): string | undefined {
  return owner.safeParse(input).data?.tenant_id
}

/** Undefined, with the field at fault, for what can't be an input. */
export function readInput(input: unknown): ExecutionInput | { readonly fault: string } {
  const owned = owner.safeParse(input)
  if (!owned.success) return { fault: 'tenant_id' }
  const { tenant_id, include_result, ...workflow } = owned.data
  const included = inclusion.safeParse(include_result)
  if (!included.success) return { fault: 'include_result' }
  const asked = newWorkflow.safeParse(workflow)
  if (!asked.success) {
    const [issue] = asked.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
    return { fault: unknown ?? issue?.path.join('.') ?? 'input' }
  }
  return { tenant_id, include_result: included.data, workflow: asked.data }
}
