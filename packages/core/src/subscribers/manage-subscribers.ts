import { changedFields } from '../changed-fields.ts'
import { InvalidInputError, LimitError, NotFoundError, WrongStateError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert, remove } from '../scope/state.ts'
import { contentPermissionsOf } from './event-content.ts'
import { parsePattern } from './event-pattern.ts'
import {
  countsPlace,
  type SubscriberFields,
  type SubscriberTexts,
  subscriberCounts,
  subscribers,
  subscribersPartition,
} from './records.ts'
import { nextSecrets, type ShownSecret, showSecret } from './secrets.ts'
import { newSecret } from './signing.ts'
import { checkTargetUrl } from './target-url.ts'

export type SubscriberRecord = StoredRecord<SubscriberFields, SubscriberTexts>

export interface NewSubscriber {
  /** EventBridge's pattern language, the subset of docs/subscribers.md. Default: every event. */
  readonly pattern?: unknown
  readonly target: { readonly type: 'webhook'; readonly url: string } | { readonly type: 'queue' }
}

/** Each event looks at all of a tenant's. */
export const subscriberLimit = 100

/**
 * Keeps a subscriber; events from now on are told to it. A webhook is told content as far as its maker may read it; of a pull queue,
 * whoever receives from it is.
 * @throws InvalidInputError for a pattern or URL, with the field; LimitError `too_many_subscribers`.
 */
export async function createSubscriber(
  scope: Uses<'state' | 'outbound'>,
  { pattern = {}, target }: NewSubscriber,
): Promise<SubscriberRecord> {
  const parsed = parsePattern(pattern)
  if (target.type === 'webhook') checkTargetUrl(scope, target.url, 'target.url')
  const now = scope.clock.now()
  const id = uuid(scope.clock)
  const fields: SubscriberFields = {
    subscriber_id: id,
    pattern: parsed,
    target: target.type,
    status: 'active',
    created: now,
    updated: now,
    ...(target.type === 'webhook' ? { content: contentPermissionsOf(scope.caller.permissions) } : {}),
  }
  const sealed = target.type === 'webhook' ? { url: target.url, secret: newSecret(scope.clock) } : {}
  try {
    const [made] = await scope.state.commit({
      writes: [
        insert(subscribers, { partition: subscribersPartition, sort: id }, fields, sealed),
        count(subscriberCounts, countsPlace, { subscribers: 1 }, { subscribers: subscriberLimit }),
      ],
    })
    return made as unknown as SubscriberRecord
  } catch (error) {
    if (!(error instanceof LimitError)) throw error
    throw new LimitError(error.key, 'too_many_subscribers', `A tenant has at most ${subscriberLimit} subscribers.`)
  }
}

/** A subscriber of this tenant. @throws NotFoundError, the same for another tenant's. */
export async function getSubscriber(scope: Uses<'state'>, id: string): Promise<SubscriberRecord> {
  const record = await scope.state.get(subscribers, { partition: subscribersPartition, sort: id })
  if (!record) throw new NotFoundError('subscriber')
  return record
}

/** Changes what a subscriber is told of, or whether. @throws NotFoundError, InvalidInputError. */
export async function changeSubscriber(
  scope: Uses<'state'>,
  id: string,
  change: { readonly pattern?: unknown; readonly status?: SubscriberFields['status'] },
): Promise<SubscriberRecord> {
  return retryConflicts(async () => {
    const record = await getSubscriber(scope, id)
    const { disabled_reason, ...fields } = record.fields
    const status = change.status ?? fields.status
    const reason = change.status === 'disabled' ? 'caller' : disabled_reason
    const after: SubscriberFields = {
      ...fields,
      status,
      ...(status === 'disabled' && reason ? { disabled_reason: reason } : {}),
      ...(change.pattern === undefined ? {} : { pattern: parsePattern(change.pattern) }),
    }
    const changed = changedFields(record.fields, after)
    return scope.state.update(subscribers, record, { ...after, updated: scope.clock.now() }, { changed })
  })
}

/** Removes a subscriber. What waits for it is dropped. @throws NotFoundError. */
export async function removeSubscriber(scope: Uses<'state'>, id: string): Promise<void> {
  await retryConflicts(async () => {
    const record = await getSubscriber(scope, id)
    const less = count(subscriberCounts, countsPlace, { subscribers: -1 })
    await scope.state.commit({ writes: [remove(subscribers, record), less] })
  })
}

/** Changes a webhook's secret. For a day both sign. @throws NotFoundError; WrongStateError for a queue, which has none. */
export async function rotateSubscriberSecret(scope: Uses<'state'>, id: string): Promise<ShownSecret> {
  return retryConflicts(async () => {
    const record = await getSubscriber(scope, id)
    if (record.fields.target !== 'webhook') throw new WrongStateError('This subscriber is a queue; only webhooks are signed.')
    const fields = { ...record.fields, rotated: scope.clock.now() }
    const sealed = await nextSecrets(scope, record)
    return showSecret(scope, await scope.state.update(subscribers, record, fields, { sealed }))
  })
}

/** A pull queue of this tenant. @throws NotFoundError; WrongStateError for a webhook. */
export async function getQueue(scope: Uses<'state'>, id: string): Promise<SubscriberRecord> {
  const record = await getSubscriber(scope, id)
  if (record.fields.target !== 'queue') throw new WrongStateError('This subscriber is a webhook; only queues are read.')
  return record
}

/** @throws InvalidInputError for a body that says nothing. */
export function required<Value>(value: Value | undefined, field: string): Value {
  if (value === undefined) throw new InvalidInputError('Must be given.', { field })
  return value
}
