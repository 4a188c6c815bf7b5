import { publishEvent } from '../define/event.ts'
import type { ModelAnswer } from '../language-model/call.ts'
import type { ModelFailure } from '../language-model/failure.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert, type RecordWrite } from '../scope/state.ts'
import { reference, requestCompleted, requestFailed } from './events.ts'
import {
  backlogPlace,
  backlogs,
  deadLetters,
  type RequestFields,
  type RequestTexts,
  requests,
  type TimelineEntry,
  withEntry,
} from './requests.ts'

/** How a request ends: answered, failed for good, or cancelled. */
export type Ending = { readonly answer: ModelAnswer } | { readonly failure: ModelFailure } | { readonly cancelled: true }

/**
 * Ends a request: its new state, its one closing event, the backlog and, for a failure, the dead letter, in one commit.
 * @throws ConflictError when the request changed since it was read; then nothing happened.
 */
export async function finishRequest(
  scope: Uses<'state'>,
  record: StoredRecord<RequestFields, RequestTexts>,
  ending: Ending,
): Promise<StoredRecord<RequestFields, RequestTexts>> {
  const at = scope.clock.now()
  const less = count(backlogs, backlogPlace, { requests: -1 })
  if ('answer' in ending) return complete(scope, record, ending.answer, at, less)
  const { request_id, attempts, round } = record.fields
  const status = 'failure' in ending ? 'failed' : 'cancelled'
  const error =
    'failure' in ending
      ? { code: ending.failure.code, message: ending.failure.message, retryable: ending.failure.retryable }
      : { code: 'cancelled', message: 'The request was cancelled.', retryable: false }
  const fields = ended(record.fields, { at, type: status, attempt: attempts, detail: error.code }, { status, ended: at, error })
  const letters: RecordWrite[] =
    status === 'failed'
      ? [
          insert(
            deadLetters,
            { partition: request_id },
            { request_id, reason: error.code, message: error.message, attempts, round, at },
          ),
        ]
      : []
  return scope.state.update(requests, record, fields, {
    also: [less, ...letters],
    emit: [publishEvent(requestFailed, request_id, { request_id, status, error })],
  })
}

function complete(
  scope: Uses<'state'>,
  record: StoredRecord<RequestFields, RequestTexts>,
  answer: ModelAnswer,
  at: number,
  less: RecordWrite,
): Promise<StoredRecord<RequestFields, RequestTexts>> {
  const { request_id, attempts } = record.fields
  const { usage } = answer
  const fields = ended(
    record.fields,
    { at, type: 'completed', attempt: attempts },
    { status: 'completed', ended: at, answered_by: answer.modelId, stop_reason: answer.stopReason, usage },
  )
  return scope.state.update(requests, record, fields, {
    sealed: { result: answer.text },
    also: [less],
    emit: [
      publishEvent(requestCompleted, request_id, {
        request_id,
        status: 'completed',
        result_ref: reference(request_id, 'result'),
        usage,
      }),
    ],
  })
}

function ended(fields: RequestFields, entry: Omit<TimelineEntry, 'number'>, changes: Partial<RequestFields>): RequestFields {
  return { ...fields, ...changes, timeline: withEntry(fields.timeline, entry) }
}
