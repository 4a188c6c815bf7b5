import type { Outcome } from '../ports/queue.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { finishRequest } from './finish.ts'
import { requests } from './requests.ts'
import { startsBefore } from './timeline.ts'

/** A request that ends early leaves its job behind; so that it isn't there for years, the job looks now and then. */
export const longestLook: number = 7 * 24 * 3_600_000

/**
 * Ends a round whose time is up; one that is over already is left alone.
 * @param cutOffs how many deliveries of the round's job the queue knows to have been cut off, for the count of attempts.
 * @returns done, or when to look again.
 */
export async function expireRequest(
  scope: Uses<'state' | 'models'>,
  requestId: string,
  round: number,
  cutOffs = 0,
): Promise<Outcome> {
  return retryConflicts(async () => {
    const record = await scope.state.get(requests, { partition: requestId })
    if (record?.fields.status !== 'processing' || record.fields.round !== round) return { done: true }
    const { fields } = record
    const now = scope.clock.now()
    if (now < fields.expires_at) return { retryAt: Math.min(fields.expires_at, now + longestLook) }
    await finishRequest(scope, record, { expired: true }, { ...fields, attempts: startsBefore(fields, cutOffs) })
    return { done: true }
  })
}
