import type { JobContext } from '../define/job.ts'
import { ConflictError, LimitError, PlinthError } from '../errors.ts'
import type { ModelAnswer } from '../language-model/call.ts'
import type { Usage } from '../language-model/catalogue.ts'
import { classifyFailure, ModelFailure, mayAskAnother } from '../language-model/failure.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { charge } from '../tenancy/meter/meter.ts'
import { tickMilliseconds } from '../ticker.ts'
import { defer, prepareCall } from './admission.ts'
import { Attempt } from './attempt.ts'
import { estimatesOf } from './estimate.ts'
import { expireRequest } from './expire.ts'
import { finishRequest } from './finish.ts'
import type { RequestBody } from './jobs.ts'
import { type RequestFields, type RequestRecord, requests } from './requests.ts'
import { backOff, cutOffLimit, retryLimit } from './retry.ts'
import { startsBefore, withEntry } from './timeline.ts'
import { inAll } from './used.ts'

type ProcessScope = Uses<'state' | 'models' | 'gate'>

const conflictPause = 250
/** A call that came to nothing was paid for out of what was left, and another can't be. */
const noMoney = new ModelFailure(
  'permanent',
  'budget_exhausted',
  "What is left of this month's budget is not enough for another try.",
)

/**
 * handle_genai_processing_event of the seed (R11): works one delivery of one request. Two deliveries of the same job may
 * run at once; the request's version lets only one of them finish it (X7), and a cancelled or finished one is left alone.
 */
export async function handleGenaiProcessingEvent(scope: ProcessScope, body: RequestBody, context: JobContext): Promise<Outcome> {
  const { lease } = context
  const record = await requestOf(scope, body)
  if (!record) return { done: true }
  try {
    if (scope.clock.now() >= record.fields.expires_at)
      return await expireRequest(scope, body.request_id, body.round, lease.cutOffs)
    const first = record.fields.timeline.length === 1
    return await estimatesOf(scope).watch(record.fields, scope.clock, first, () => work(scope, record, body, context))
  } catch (error) {
    // Somebody else moved the request, or has the job: what is right now is decided from what stands there then.
    if (error instanceof ConflictError || lease.signal.aborted) return { retryAt: scope.clock.now() + conflictPause }
    throw error
  }
}

/** The request, if it is still to be worked in this round. */
async function requestOf(scope: ProcessScope, body: RequestBody): Promise<RequestRecord | undefined> {
  const record = await scope.state.get(requests, { partition: body.request_id })
  return record?.fields.status === 'processing' && record.fields.round === body.round ? record : undefined
}

async function work(scope: ProcessScope, record: RequestRecord, body: RequestBody, { lease }: JobContext): Promise<Outcome> {
  const { fields } = record
  const attempts = startsBefore(fields, lease.cutOffs)
  if (attempts - fields.attempts_before - fields.throttled - fields.faults >= cutOffLimit) {
    const failure = new ModelFailure('permanent', 'cut_off', 'The work was cut off too often.')
    await finishRequest(scope, record, { failure }, { ...fields, attempts })
    return { done: true }
  }
  const asked = scope.clock.now()
  const prepared = await prepareCall(scope, record, lease)
  if ('retryAt' in prepared) return defer(scope, record, prepared)
  if (prepared instanceof ModelFailure) return retryOrFail(scope, new Attempt(scope, record, lease), prepared, undefined)
  try {
    // Who had to wait may have been cancelled meanwhile; after less than a tick, the call's own ticks notice it as soon.
    const current = scope.clock.now() - asked < tickMilliseconds ? record : await requestOf(scope, body)
    if (!current) return { done: true }
    const attempt = new Attempt(scope, current, lease)
    return await outcomeOf(scope, attempt, await attempt.ask(prepared))
  } finally {
    prepared.permit.release()
  }
}

async function outcomeOf(scope: ProcessScope, attempt: Attempt, result: Awaited<ReturnType<Attempt['ask']>>): Promise<Outcome> {
  if (result === 'lost') return { retryAt: scope.clock.now() + conflictPause }
  if (result === 'over' || result === 'expired') {
    const { used } = attempt
    const expire = (current: RequestRecord, begun: RequestFields): Promise<RequestRecord> =>
      finishRequest(scope, current, { expired: true, used }, begun)
    if (result === 'over' || !(await attempt.conclude(expire))) await attempt.charge(used)
    return { done: true }
  }
  if (result instanceof ModelFailure) return retryOrFail(scope, attempt, result, attempt.usedBy(result))
  return keep(scope, attempt, result)
}

async function keep(scope: ProcessScope, attempt: Attempt, answer: ModelAnswer): Promise<Outcome> {
  try {
    if (!(await attempt.conclude((record, begun) => finishRequest(scope, record, { answer }, begun))))
      await attempt.charge(answer.usage)
    return { done: true }
  } catch (error) {
    if (!PlinthError.is(error) || error.retryable) throw error
    // What can't be kept can't be kept the next time either, and another call would cost as much as this one.
    return retryOrFail(scope, attempt, classifyFailure(error), answer.usage)
  }
}

/** @param used what the call used that failed, where it may have to be paid for. */
async function retryOrFail(
  scope: ProcessScope,
  attempt: Attempt,
  failure: ModelFailure,
  used: Usage | undefined,
): Promise<Outcome> {
  const throttled = failure.kind === 'throttle'
  const record = await attempt.conclude(async (current, begun) => {
    const goOn = (type: 'throttled' | 'retrying', changes: Partial<RequestFields>): Promise<RequestRecord> =>
      updateRequestStatus(scope, current, begun, { type, changes, detail: failure.code, used })
    try {
      if (throttled) return await goOn('throttled', { throttled: begun.throttled + 1 })
      if (failure.kind === 'transient' && begun.faults < retryLimit) return await goOn('retrying', { faults: begun.faults + 1 })
      const fallback = fallbackFor(scope, begun, failure)
      if (fallback) return await goOn('retrying', { ...fallback, faults: 0 })
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      return finishRequest(scope, current, { failure: noMoney, used }, begun)
    }
    return finishRequest(scope, current, { failure, used }, begun)
  })
  if (!record) await attempt.charge(used)
  if (record?.fields.status !== 'processing') return { done: true }
  const { fields } = record
  const wait = backOff(scope.clock, throttled ? fields.throttled : fields.faults, failure.retryAfter)
  return { retryAt: Math.min(scope.clock.now() + wait, fields.expires_at) }
}

/** The next of the tenant's fallbacks, for a model that can't answer: it doesn't, not this account, or no more. */
function fallbackFor(scope: ProcessScope, fields: RequestFields, failure: ModelFailure): Partial<RequestFields> | undefined {
  const { fallback = [] } = scope.tenant.model_config
  const gone = fields.fallbacks ?? 0
  const next = fallback[gone]
  if (next === undefined || !mayAskAnother(failure)) return undefined
  try {
    const { id, entry } = scope.models.resolve(next)
    const max_tokens = Math.min(fields.max_tokens, entry.maxOutput)
    const { model_id, max_tokens: most, asked_for = { model_id, max_tokens: most } } = fields
    return { model_id: id, max_tokens, asked_for, fallbacks: gone + 1 }
  } catch (error) {
    // It left the catalogue, or isn't this tenant's any more.
    if (PlinthError.is(error)) return fallbackFor(scope, { ...fields, fallbacks: gone + 1 }, failure)
    throw error
  }
}

/**
 * update_request_status of the seed (R12): a step of a request that goes on. It may be lost when power fails: then the
 * step happens again. One with a call that may have to be paid for may not.
 * @throws LimitError when that call leaves too little of the budget for what is reserved for the next one; then nothing happened.
 */
function updateRequestStatus(
  scope: ProcessScope,
  record: RequestRecord,
  begun: RequestFields,
  step: {
    readonly type: 'throttled' | 'retrying'
    readonly changes: Partial<RequestFields>
    readonly detail: string
    readonly used: Usage | undefined
  },
): Promise<RequestRecord> {
  const { type, changes, detail, used: usage } = step
  const { reservation, model_id: model, user_id: user } = begun
  const attempt = begun.timeline.at(-1)?.attempt ?? begun.attempts
  const entry = { at: scope.clock.now(), type, attempt, detail }
  const fields = { ...begun, ...changes, timeline: withEntry(begun.timeline, entry) }
  if (!usage) return scope.state.update(requests, record, fields, { durability: 'relaxed' })
  const also = charge(scope, reservation, { usage, model, user }, { bounded: true })
  return scope.state.update(requests, record, { ...fields, usage: inAll(begun, usage) }, { also })
}
