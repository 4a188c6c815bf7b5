import type { JobContext } from '../define/job.ts'
import { ConflictError, KeyUnusableError, SealError } from '../errors.ts'
import { callModel, type ModelAnswer } from '../language-model/call.ts'
import { classifyFailure, ModelFailure } from '../language-model/failure.ts'
import type { Outcome } from '../ports/queue.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { estimatorOf } from './estimate.ts'
import { finishRequest } from './finish.ts'
import type { ProcessBody } from './jobs.ts'
import { type RequestFields, type RequestTexts, requests, withEntry } from './requests.ts'
import { backOff, cutOffLimit, retryLimit } from './retry.ts'

type RequestRecord = StoredRecord<RequestFields, RequestTexts>
type ProcessScope = Uses<'state' | 'models'>

/** How long one answer may take. */
const modelTimeout = 5 * 60_000
const conflictPause = 250

/**
 * handle_genai_processing_event of the seed (R11): works one delivery of one request. Two deliveries of the same job may
 * run at once; the request's version lets only one of them finish it (X7), and a cancelled or finished one is left alone.
 */
export async function handleGenaiProcessingEvent(scope: ProcessScope, body: ProcessBody, context: JobContext): Promise<Outcome> {
  const record = await scope.state.get(requests, { partition: body.request_id })
  if (record?.fields.status !== 'processing' || record.fields.round !== body.round) return { done: true }
  try {
    return await work(scope, record, context)
  } catch (error) {
    // Somebody else moved the request: what is right now is decided from what stands there then.
    if (error instanceof ConflictError) return { retryAt: scope.clock.now() + conflictPause }
    throw error
  }
}

async function work(scope: ProcessScope, record: RequestRecord, { lease }: JobContext): Promise<Outcome> {
  const { attempts, attempts_before, throttled, faults } = record.fields
  if (attempts - attempts_before - throttled - faults >= cutOffLimit) {
    await finishRequest(scope, record, { failure: new ModelFailure('permanent', 'cut_off', 'The work was cut off too often.') })
    return { done: true }
  }
  const started = await updateRequestStatus(scope, record, 'started', { attempts: attempts + 1 })
  const outcome = await attempt(scope, started, lease.signal)
  if (outcome === 'lost') return { retryAt: scope.clock.now() + conflictPause }
  if (!(outcome instanceof ModelFailure)) {
    estimatorOf(scope.models).observe(started.fields.model_id, outcome.usage.latency_ms)
    await finishRequest(scope, started, { answer: outcome })
    return { done: true }
  }
  return retryOrFail(scope, started, outcome)
}

/** One call of the model. 'lost': the lease went, and another worker has the job. */
async function attempt(
  scope: ProcessScope,
  record: RequestRecord,
  signal: AbortSignal,
): Promise<ModelAnswer | ModelFailure | 'lost'> {
  const { request_id, round, model_id, max_tokens } = record.fields
  try {
    const prompt = await record.open('prompt')
    return await callModel(scope, {
      resolved: scope.models.resolve(model_id),
      prompt: [{ role: 'user', content: [{ type: 'text', text: prompt ?? '' }] }],
      maxTokens: max_tokens,
      idempotencyKey: `${scope.caller.tenant}:${request_id}:${round}`,
      timeout: modelTimeout,
      signal,
    })
  } catch (error) {
    if (signal.aborted) return 'lost'
    if (error instanceof ModelFailure) return error
    if (error instanceof SealError || error instanceof KeyUnusableError)
      return new ModelFailure('permanent', error.code, error.message, { cause: error })
    return classifyFailure(error)
  }
}

async function retryOrFail(scope: ProcessScope, record: RequestRecord, failure: ModelFailure): Promise<Outcome> {
  const { throttled, faults } = record.fields
  if (failure.kind === 'throttle') {
    const wait = backOff(scope.clock, throttled + 1, failure.retryAfter)
    await updateRequestStatus(scope, record, 'throttled', { throttled: throttled + 1 }, failure.code)
    return { retryAt: scope.clock.now() + wait }
  }
  if (failure.kind === 'transient' && faults < retryLimit) {
    const wait = backOff(scope.clock, faults + 1, failure.retryAfter)
    await updateRequestStatus(scope, record, 'retrying', { faults: faults + 1 }, failure.code)
    return { retryAt: scope.clock.now() + wait }
  }
  await finishRequest(scope, record, { failure })
  return { done: true }
}

/**
 * update_request_status of the seed (R12): a step of a request that goes on. It may be lost when power fails: then the
 * step happens again.
 */
function updateRequestStatus(
  scope: ProcessScope,
  record: RequestRecord,
  type: 'started' | 'throttled' | 'retrying',
  changes: Partial<RequestFields>,
  detail?: string,
): Promise<RequestRecord> {
  const fields = { ...record.fields, ...changes }
  const entry = { at: scope.clock.now(), type, attempt: fields.attempts, ...(detail === undefined ? {} : { detail }) }
  return scope.state.update(
    requests,
    record,
    { ...fields, timeline: withEntry(fields.timeline, entry) },
    { durability: 'relaxed' },
  )
}
