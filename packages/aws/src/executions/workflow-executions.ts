import {
  type Authenticator,
  cancelWorkflow,
  createWorkflow,
  defineJob,
  endFor,
  ForbiddenError,
  InvalidInputError,
  type JobDefinition,
  type Lease,
  type Log,
  type Platform,
  PlinthError,
  requirePermission,
  type Scope,
  uuid,
  type WorkerHost,
  type Workflow,
  WrongStateError,
  waitForEnd,
  workflowIdOf,
} from '@plinth/core'
import { z } from 'zod'
import {
  type CancelMessage,
  type ExecutionMessage,
  type FinishedMessage,
  readInput,
  type StartMessage,
  tenantIn,
} from './execution-message.ts'
import { longestOutput, type TaskAnswer, type TaskAnswers } from './task-answers.ts'
import type { WorkflowKeys } from './workflow-keys.ts'

/** By what an execution is told of the end of its run. */
interface Waiter {
  readonly token: string
  readonly include_result: boolean
}

interface AnswerBody {
  readonly workflow_id: string
}

export interface WorkflowExecutionsParts {
  readonly platform: Platform
  readonly authenticator: Authenticator
  readonly host: WorkerHost
  readonly keys: Pick<WorkflowKeys, 'of'>
  readonly answers: Pick<TaskAnswers, 'send'>
  readonly log: Log
}

/**
 * Starts runs for executions of a state machine, and answers these when the runs end. An execution has one run, however often it asks.
 *
 * Who a run acts for is decided here, and by nothing that the execution says: it names a tenant, and the run is started with that tenant's
 * virtual key, which its administrator has made for this and put into Secrets Manager. Without a key, with one that was revoked, that may not
 * write workflows, or that is another tenant's, the execution fails. Who may start executions is IAM's to say.
 */
export class WorkflowExecutions {
  readonly #parts: WorkflowExecutionsParts
  readonly #answerJob: JobDefinition<AnswerBody>

  constructor(parts: WorkflowExecutionsParts) {
    this.#parts = parts
    this.#answerJob = defineJob<AnswerBody>({
      name: 'multi-agent.answer-execution',
      version: 1,
      summary: 'Tells the execution that waits for a workflow how that ended.',
      body: z.strictObject({ workflow_id: z.string() }),
      concurrency: 1,
      handle: async (scope, { workflow_id: id }) => {
        await this.#answer(scope, id)
        return { done: true }
      },
    })
  }

  /**
   * @param options.isLast whether it won't be tried again: then the execution is told, and doesn't wait for its time to be over.
   * @returns whether it is done with; it is to come again otherwise. Throws like that, too.
   */
  async take(message: ExecutionMessage, options: { readonly isLast: boolean }): Promise<boolean> {
    switch (message.task) {
      case 'start':
        return this.#start(message, options)
      case 'cancel':
        return this.#cancel(message)
      case 'finished':
        return this.#finished(message)
    }
  }

  async #start({ token, execution, input }: StartMessage, { isLast }: { readonly isLast: boolean }): Promise<boolean> {
    try {
      const read = readInput(input)
      if ('fault' in read)
        throw new InvalidInputError('The input of the execution is not as it has to be.', { field: read.fault })
      const scope = await this.#scopeOf(read.tenant_id)
      const { workflow_id: id } = await createWorkflow(scope, read.workflow, { idempotencyKey: execution })
      const waiter: Waiter = { token, include_result: read.include_result }
      // One that is asked for again, as by a redrive, may have ended before.
      if (await waitForEnd(scope, id, JSON.stringify(waiter))) await this.#answer(scope, id)
      return true
    } catch (error) {
      if (!isLast && (!PlinthError.is(error) || error.retryable)) throw error
      const { code, field } = PlinthError.is(error) ? error : { code: 'internal', field: undefined }
      this.#parts.log.warn({ error }, 'A workflow could not be started for an execution.')
      await this.#parts.answers.send(token, {
        error: 'WorkflowRefused',
        cause: { code, ...(field === undefined ? {} : { field }) },
      })
      return true
    }
  }

  /** What can't be cancelled, since it never began, has ended, or may not be, is left as it is: nobody waits for it. */
  async #cancel({ execution, input }: CancelMessage): Promise<boolean> {
    try {
      const tenant = tenantIn(input)
      if (tenant === undefined) return true
      const scope = await this.#scopeOf(tenant)
      await cancelWorkflow(
        scope,
        await workflowIdOf(scope, execution),
        'The execution that asked for it has waited for too long.',
      )
    } catch (error) {
      if (!PlinthError.is(error) || error.retryable) throw error
      if (!(error instanceof WrongStateError))
        this.#parts.log.warn({ error }, 'The workflow of an execution could not be cancelled.')
    }
    return true
  }

  /** The event says which run to look at; what is told is what the run's record says. */
  async #finished({ id, tenant, workflow, correlationId }: FinishedMessage): Promise<boolean> {
    const { name: queue, version } = this.#answerJob
    const job = { queue, version, tenant, id, lane: 'normal', correlationId, body: { workflow_id: workflow } } as const
    const outcome = await this.#parts.host.handle(this.#answerJob, job, noLease)
    return !('retryAt' in outcome)
  }

  async #answer(scope: Scope, id: string): Promise<void> {
    const found = await endFor(scope, id)
    if (!found) return
    const { token, include_result: included } = JSON.parse(found.waiter) as Waiter
    const { ending, usage } = found.workflow.state
    const about = { workflow_id: id, tenant_id: scope.caller.tenant }
    await this.#parts.answers.send(token, answerOf(ending, { ...about, usage }, included))
  }

  async #scopeOf(tenant: string): Promise<Scope> {
    const { platform, authenticator, keys } = this.#parts
    const correlationId = uuid(platform.operate().clock)
    const caller = await authenticator.authenticate(`Bearer ${await keys.of(tenant)}`, correlationId)
    if (caller.tenant !== tenant)
      throw new ForbiddenError('workflow_key_foreign', 'The key for this tenant is the key of another one.')
    requirePermission(caller, 'workflows:write')
    return platform.scope(caller, { what: 'states:StartExecution', resource: 'workflows' })
  }
}

/** The queue hides a message for longer than a function runs. */
const noLease: Lease = { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} }

type Ending = NonNullable<Workflow['state']['ending']>

function answerOf(ending: Ending | undefined, about: object, included: boolean): TaskAnswer {
  if (ending?.status === 'completed') {
    const output = { ...about, status: 'completed' }
    if (!included) return { output }
    const { text, sources = [] } = ending
    const whole = { ...output, result: { text, sources } }
    // What is too long for an execution is read from the API.
    return { output: Buffer.byteLength(JSON.stringify(whole)) <= longestOutput ? whole : { ...output, result: null } }
  }
  if (ending?.status === 'failed') return { error: 'WorkflowFailed', cause: { ...about, status: 'failed', code: ending.code } }
  return { error: 'WorkflowCancelled', cause: { ...about, status: 'cancelled' } }
}
