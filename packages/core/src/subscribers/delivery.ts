import type { NoFields } from '../define/collection.ts'
import type { JobContext, JobToEmit } from '../define/job.ts'
import { ConflictError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { Job, Outcome } from '../ports/queue.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, update } from '../scope/state.ts'
import { deadDelivery } from './dead-delivery.ts'
import type { Errand } from './errand.ts'
import { type DeliveryFields, deliveries, deliveryPlace, type Fault } from './records.ts'
import { retryWait } from './retry-schedule.ts'

type DeliveryRecord = StoredRecord<DeliveryFields, NoFields>

/** What became of one attempt. */
export type Attempted =
  /** It was told. `also` is written with that. */
  | { readonly delivered: true; readonly also?: readonly RecordWrite[] }
  | {
      readonly failed: Fault
      /** What the target asked for, milliseconds. */
      readonly retryAfter?: number
      /** Another attempt is of no use. */
      readonly final?: boolean
      /** The target said that it is there no more. */
      readonly gone?: boolean
      readonly also?: readonly RecordWrite[]
    }
  /** There is nobody to tell any more. */
  | { readonly dropped: true }
  /** Not now, and it was no attempt; milliseconds UTC. */
  | { readonly again: number }

/** After so many attempts that ended without a word (the process died) it is given up: it may be what kills it. */
const cutOffLimit = 20
const conflictPause = 250

/**
 * Works one delivery of one errand. However often an errand is sent, one record tells how it stands, and names the one job that
 * may work on it: another finds nothing to do. So an event is told once, but for attempts whose outcome was lost.
 */
export async function workErrand(
  scope: Uses<'state'>,
  errand: Errand,
  { job, lease }: JobContext,
  attempt: (event: StoredEvent, record: DeliveryRecord) => Promise<Attempted>,
): Promise<Outcome> {
  try {
    const [event] = await scope.state.events({ after: errand.sequence - 1, limit: 1 })
    if (event?.sequence !== errand.sequence) return { dead: 'event_gone' }
    const record = await claim(scope, errand, event, job)
    if (!record) return { done: true }
    const attempted: Attempted =
      lease.cutOffs >= cutOffLimit ? { failed: { code: 'cut_off' }, final: true } : await attempt(event, record)
    // Another worker has the job, and this outcome doesn't count.
    if (lease.signal.aborted) return { retryAt: scope.clock.now() + conflictPause }
    if ('again' in attempted) return { retryAt: attempted.again }
    await conclude(scope, record, job, attempted)
    return { done: true }
  } catch (error) {
    // Somebody else was faster: what is right now is decided from what stands there then.
    if (error instanceof ConflictError) return { retryAt: scope.clock.now() + conflictPause }
    throw error
  }
}

/** Counts an attempt; undefined when this job is not the one that may make it. May be lost when power fails: then so is the attempt. */
async function claim(scope: Uses<'state'>, errand: Errand, event: StoredEvent, job: Job): Promise<DeliveryRecord | undefined> {
  const place = deliveryPlace(errand)
  const found = await scope.state.get(deliveries, place)
  if (found) {
    if (found.fields.status !== 'pending' || found.fields.job !== job.id) return undefined
    const { next, ...fields } = found.fields
    return scope.state.update(deliveries, found, { ...fields, attempts: fields.attempts + 1 }, { durability: 'relaxed' })
  }
  const fields: DeliveryFields = {
    ...errand,
    delivery_id: uuid(scope.clock),
    event_id: event.id,
    event_type: event.type,
    subject: event.subject,
    status: 'pending',
    job: job.id,
    attempts: 1,
    round: 1,
    failures: 0,
    created: scope.clock.now(),
  }
  const [made] = await scope.state.commit({ writes: [insert(deliveries, place, fields)], durability: 'relaxed' })
  return made as unknown as DeliveryRecord
}

async function conclude(
  scope: Uses<'state'>,
  record: DeliveryRecord,
  job: Job,
  attempted: Exclude<Attempted, { again: number }>,
): Promise<void> {
  const now = scope.clock.now()
  const { fault, ...fields } = record.fields
  if (!('failed' in attempted)) {
    const status = 'dropped' in attempted ? 'dropped' : 'delivered'
    const also = 'delivered' in attempted ? (attempted.also ?? []) : []
    await scope.state.update(deliveries, record, { ...fields, status, ended: now }, { also, durability: 'relaxed' })
    return
  }
  const { failed, retryAfter, final = false, also = [] } = attempted
  const failures = fields.failures + 1
  const wait = final ? undefined : retryWait(scope.clock, failures, retryAfter)
  if (wait === undefined) {
    const ended: DeliveryFields = { ...fields, failures, status: 'failed', fault: failed, ended: now }
    await scope.state.commit({ writes: [update(deliveries, record, ended), deadDelivery(ended), ...also] })
    return
  }
  const next = Math.ceil(now + wait)
  const again = retryJob(job, { id: `${fields.delivery_id}:${fields.attempts + 1}`, notBefore: next })
  const waiting: DeliveryFields = { ...fields, failures, fault: failed, next, job: again.id }
  await scope.state.update(deliveries, record, waiting, { also, emit: [again], durability: 'relaxed' })
}

/** The same errand once more, as a job of its own: it may wait for longer than a delivery of this one could. */
function retryJob(job: Job, options: { readonly id: string; readonly notBefore: number }): JobToEmit {
  const { queue, version, lane, body } = job
  return { kind: 'job', queue, version, lane, body, ...options }
}
