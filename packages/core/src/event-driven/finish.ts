import { type EventToEmit, publishEvent } from '../define/event.ts'
import type { ModelAnswer } from '../language-model/call.ts'
import type { Usage } from '../language-model/catalogue.ts'
import type { ModelFailure } from '../language-model/failure.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert, type RecordWrite } from '../scope/state.ts'
import type { Deed } from '../scope/trail.ts'
import { release, settle } from '../tenancy/meter/meter.ts'
import { estimatesOf } from './estimate.ts'
import { reference, requestCompleted, requestFailed } from './events.ts'
import {
  backlogChange,
  backlogPlace,
  backlogs,
  deadLetters,
  keptFor,
  type RequestFields,
  type RequestRecord,
  requests,
} from './requests.ts'
import { type TimelineEntry, withEntry } from './timeline.ts'
import { inAll, usedAsKept } from './used.ts'

/**
 * How a request ends: answered, failed for good, cancelled, or not in time. `used` is what its last call used, as far as whoever made it
 * knows; where a request is cancelled or expires from outside, what is kept of a call that runs tells it.
 */
export type Ending =
  | { readonly answer: ModelAnswer }
  | { readonly failure: ModelFailure; readonly used?: Usage | undefined }
  | { readonly cancelled: true }
  | { readonly expired: true; readonly used?: Usage | undefined }

/**
 * Ends a request: its new state, its one closing event, the backlog and, for a failure, the dead letter, in one commit.
 * @param begun the fields as they are before the end: those of the record, where nothing else happened since it was read.
 * @throws ConflictError when the request changed since it was read; then nothing happened.
 */
export async function finishRequest(
  scope: Uses<'state' | 'models'>,
  record: RequestRecord,
  ending: Ending,
  begun: RequestFields = record.fields,
): Promise<RequestRecord> {
  const at = scope.clock.now()
  const less = count(backlogs, backlogPlace, backlogChange(begun.priority, -1))
  const finished = await ('answer' in ending
    ? complete(scope, record, begun, ending.answer, at, less)
    : breakOff(scope, record, begun, ending, at, less))
  estimatesOf(scope).ended(finished.fields, scope.clock.now(), 'answer' in ending || 'failure' in ending)
  return finished
}

async function breakOff(
  scope: Uses<'state' | 'models'>,
  record: RequestRecord,
  begun: RequestFields,
  ending: Exclude<Ending, { answer: ModelAnswer }>,
  at: number,
  less: RecordWrite,
): Promise<RequestRecord> {
  const { request_id, attempts, round } = begun
  const attempt = attemptOf(begun)
  const status = 'cancelled' in ending ? 'cancelled' : 'failed'
  const type = 'expired' in ending ? 'expired' : status
  const error = errorOf(ending)
  const { reservation, ...rest } = begun
  const { model_id: model, user_id: user } = rest
  const usage = 'cancelled' in ending || (!ending.used && 'expired' in ending) ? await usedAsKept(scope, begun, at) : ending.used
  const kept = keptFor(scope.tenant)
  const changes = { status, ended: at, error, ...kept, ...(usage ? { usage: inAll(begun, usage) } : {}) } as const
  const fields = ended(rest, { at, type, attempt, detail: error.code }, changes)
  const letters: RecordWrite[] =
    status === 'failed'
      ? [
          insert(
            deadLetters,
            { partition: request_id },
            { request_id, reason: error.code, message: error.message, attempts, round, at, ...kept },
          ),
        ]
      : []
  return scope.state.update(requests, record, fields, {
    ...(status === 'cancelled'
      ? { resource: `requests/${request_id}` }
      : { deed: logTenantActivity(begun, type, { code: error.code }) }),
    also: [less, ...letters, ...(usage ? settle(scope, reservation, { usage, model, user }) : release(scope, reservation))],
    emit: [closing(begun, publishEvent(requestFailed, request_id, { request_id, status: type, error }))],
  })
}

function complete(
  scope: Uses<'state'>,
  record: RequestRecord,
  begun: RequestFields,
  answer: ModelAnswer,
  at: number,
  less: RecordWrite,
): Promise<RequestRecord> {
  const { reservation, ...rest } = begun
  const { request_id, model_id: model, user_id: user } = rest
  const { usage } = answer
  const fields = ended(
    rest,
    { at, type: 'completed', attempt: attemptOf(begun) },
    {
      status: 'completed',
      ended: at,
      ...keptFor(scope.tenant),
      answered_by: answer.modelId,
      stop_reason: answer.stopReason,
      usage: inAll(rest, usage),
      ...foundIn(rest, answer),
    },
  )
  return scope.state.update(requests, record, fields, {
    sealed: { result: answer.text },
    also: [less, ...settle(scope, reservation, { usage, model, user })],
    deed: logTenantActivity(begun, 'completed', { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }),
    emit: [
      closing(
        begun,
        publishEvent(requestCompleted, request_id, {
          request_id,
          status: 'completed',
          result_ref: reference(request_id, 'result'),
          usage,
        }),
      ),
    ],
  })
}

function foundIn({ findings = [] }: RequestFields, answer: ModelAnswer): Pick<RequestFields, 'findings'> {
  // Anew with each round: the last answer is the one that counts.
  const all = [...findings.filter(({ direction }) => direction === 'input'), ...answer.findings]
  return all.length === 0 ? {} : { findings: all }
}

/** log_tenant_activity of the seed (R102): what became of whose request, by which model; never what it said (X64). */
function logTenantActivity({ request_id, model_id, user_id }: RequestFields, became: string, detail: Deed['detail']): Deed {
  const resource = `requests/${request_id}`
  return { who: user_id, what: `request.${became}`, resource, decision: 'allowed', detail: { model: model_id, ...detail } }
}

function errorOf(ending: Exclude<Ending, { answer: ModelAnswer }>): NonNullable<RequestFields['error']> {
  if ('cancelled' in ending) return { code: 'cancelled', message: 'The request was cancelled.', retryable: false }
  if ('expired' in ending) return { code: 'expired', message: 'The request expired before it was answered.', retryable: false }
  const { code, message, retryable } = ending.failure
  return { code, message, retryable }
}

/** Which attempt ends: the one that began last, where two workers have the job perhaps not the highest. */
function attemptOf({ attempts, timeline }: RequestFields): number {
  return timeline.at(-1)?.attempt ?? attempts
}

/** The event, marked where someone is to be told of it. */
function closing({ callback }: RequestFields, event: EventToEmit): EventToEmit {
  return callback ? { ...event, callback } : event
}

function ended(fields: RequestFields, entry: Omit<TimelineEntry, 'number'>, changes: Partial<RequestFields>): RequestFields {
  return { ...fields, ...changes, timeline: withEntry(fields.timeline, entry) }
}
