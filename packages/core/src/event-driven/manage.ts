import type { NoFields } from '../define/collection.ts'
import { startJob } from '../define/job.ts'
import { BudgetExhaustedError, ForbiddenError, InvalidInputError, LimitError, NotFoundError, WrongStateError } from '../errors.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { count, remove } from '../scope/state.ts'
import { redriveDelivery } from '../subscribers/dead-delivery.ts'
import { refusalOf, reserve } from '../tenancy/meter/meter.ts'
import { pricesFor } from '../tenancy/meter/prices.ts'
import { estimatesOf } from './estimate.ts'
import { finishRequest } from './finish.ts'
import { processJob } from './jobs.ts'
import {
  backlogChange,
  backlogPlace,
  backlogs,
  type DeadLetterFields,
  deadLetters,
  defaultExpiry,
  type RequestFields,
  type RequestRecord,
  requests,
} from './requests.ts'
import { withEntry } from './timeline.ts'

const redriveAtATime = 100
const redriveMilliseconds = 10_000

/** A request of this tenant. @throws NotFoundError, the same for another tenant's. */
export async function getRequest(scope: Uses<'state'>, requestId: string): Promise<RequestRecord> {
  const record = await scope.state.get(requests, { partition: requestId })
  if (!record) throw new NotFoundError('request')
  return record
}

/**
 * Cancels a request that waits or runs: nothing that a worker does from now on counts. Cancelling twice is fine.
 * @throws NotFoundError; WrongStateError when it is completed or failed.
 */
export async function cancelRequest(scope: Uses<'state' | 'models'>, requestId: string): Promise<RequestFields> {
  return retryConflicts(async () => {
    const record = await getRequest(scope, requestId)
    if (record.fields.status === 'cancelled') return record.fields
    if (record.fields.status !== 'processing') throw new WrongStateError(`The request is ${record.fields.status}.`)
    return (await finishRequest(scope, record, { cancelled: true })).fields
  })
}

/**
 * Puts dead work back to the queue, in a new round; when it fails again it is a dead letter again.
 * @returns the request; undefined when it was the delivery of an event.
 * @throws NotFoundError.
 */
export async function redrive(scope: Uses<'state' | 'models'>, letterId: string): Promise<RequestFields | undefined> {
  return retryConflicts(async () => {
    const letter = await scope.state.get(deadLetters, { partition: letterId })
    if (!letter) throw new NotFoundError('dead letter')
    if (letter.fields.errand) return redriveDelivery(scope, letter, letter.fields.errand)
    const record = await getRequest(scope, letterId)
    return restart(scope, record, letter)
  })
}

/**
 * Redrives up to 100 dead letters, oldest first. Those that can't be redriven as things are now keep none behind them back, as far as it gets
 * to in ten seconds. @returns the ids redriven.
 */
export async function redriveAll(scope: Uses<'state' | 'models'>): Promise<string[]> {
  const until = scope.clock.now() + redriveMilliseconds
  const redriven = new Set<string>()
  let after: string | undefined
  do {
    const page = await scope.state.list(deadLetters, 'created', {
      limit: redriveAtATime,
      ...(after === undefined ? {} : { after }),
    })
    for (const { fields } of page.items) {
      if (redriven.size === redriveAtATime) return [...redriven]
      const id = fields.dead_letter_id ?? fields.request_id
      // It died again meanwhile.
      if (redriven.has(id)) continue
      try {
        await redrive(scope, id)
        redriven.add(id)
      } catch (error) {
        // What is used up ends the round; those that were redriven are.
        if (redriven.size > 0 && (error instanceof LimitError || error instanceof BudgetExhaustedError)) return [...redriven]
        // Someone else redrove it, or the list lags behind; or it can't be redriven as things are now, since its model is gone or not this
        // tenant's any more, or it is larger than a minute's tokens: no reason to keep the others back.
        if (!(error instanceof NotFoundError || error instanceof InvalidInputError || error instanceof ForbiddenError))
          throw error
      }
    }
    after = page.after
  } while (after !== undefined && scope.clock.now() < until)
  return [...redriven]
}

async function restart(
  scope: Uses<'state' | 'models'>,
  record: RequestRecord,
  letter: StoredRecord<DeadLetterFields, NoFields>,
): Promise<RequestFields> {
  const { ended, error, asked_for, fallbacks, ...last } = record.fields
  const fields = { ...last, ...asked_for }
  const round = fields.round + 1
  const at = scope.clock.now()
  const again: RequestFields = {
    ...fields,
    status: 'processing',
    round,
    throttled: 0,
    faults: 0,
    attempts_before: fields.attempts,
    expires_at: defaultExpiry(at),
    timeline: withEntry(fields.timeline, { at, type: 'redriven' }),
  }
  const { entry } = scope.models.resolve(fields.model_id)
  const inputTokens = estimateTextTokens((await record.open('prompt')) ?? '')
  const expected = { prices: pricesFor(scope, entry), inputTokens, outputTokens: fields.max_tokens }
  const { writes, reservation } = reserve(scope, expected)
  const updated = await scope.state
    .update(
      requests,
      record,
      { ...again, reservation },
      {
        also: [remove(deadLetters, letter), count(backlogs, backlogPlace, backlogChange(fields.priority, 1)), ...writes],
        emit: [
          startJob(processJob, {
            id: `${fields.request_id}:${round}`,
            body: { request_id: fields.request_id, round },
            lane: fields.priority,
          }),
        ],
      },
    )
    .catch((error: unknown) => {
      throw refusalOf(scope, error)
    })
  estimatesOf(scope).enter(again, at).kept()
  return updated.fields
}
