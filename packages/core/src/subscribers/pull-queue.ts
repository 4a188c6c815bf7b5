import type { NoFields } from '../define/collection.ts'
import { ConflictError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { remove } from '../scope/state.ts'
import { eventContent } from './event-content.ts'
import { getQueue } from './manage-subscribers.ts'
import { type MessageFields, messages, sequenceOrder } from './records.ts'

type MessageRecord = StoredRecord<MessageFields, NoFields>

export interface ReceivedMessage {
  readonly event: StoredEvent
  /** As far as the receiver may read it. */
  readonly content?: object
  /** Acknowledges this time that it was handed out, and no other. */
  readonly receipt: string
  /** How often it was handed out, this time included. */
  readonly receives: number
}

/** Why a receipt was not taken: `unknown`, or `stale` when the message was handed out again since. */
export interface RefusedReceipt {
  readonly receipt: string
  readonly code: 'unknown' | 'stale'
}

/** How many more are looked at than are wanted: others may be taking the same ones. */
const margin = 20

/**
 * Hands out events that wait, the ones first that have waited longest. Whoever doesn't acknowledge one in time makes it visible
 * again: each is handed out at least once. Two who ask at the same time get different ones.
 * @throws NotFoundError, WrongStateError.
 */
export async function receiveMessages(
  scope: Uses<'state'>,
  subscriberId: string,
  options: { readonly max: number; readonly visibilityMilliseconds: number },
): Promise<readonly ReceivedMessage[]> {
  await getQueue(scope, subscriberId)
  const { max, visibilityMilliseconds } = options
  const taken: ReceivedMessage[] = []
  const page = await scope.state.list(messages, 'visible', { group: subscriberId, limit: Math.min(1_000, max + margin) })
  const candidates = page.items.filter((message) => message.fields.visible <= scope.clock.now())
  for (let start = 0; start < candidates.length && taken.length < max; start += max) {
    const some = candidates.slice(start, start + max - taken.length)
    const results = await Promise.all(some.map((message) => take(scope, message, visibilityMilliseconds)))
    taken.push(...results.filter((message) => message !== undefined))
  }
  return taken
}

/** Undefined when somebody else has it. */
async function take(scope: Uses<'state'>, message: MessageRecord, visibility: number): Promise<ReceivedMessage | undefined> {
  const { sequence, replay_id, receives } = message.fields
  const [event] = await scope.state.events({ after: sequence - 1, limit: 1 })
  const nonce = uuid(scope.clock)
  const fields = { ...message.fields, receipt: nonce, receives: receives + 1, visible: scope.clock.now() + visibility }
  try {
    await scope.state.update(messages, message, fields)
  } catch (error) {
    if (error instanceof ConflictError) return undefined
    throw error
  }
  // Its event's retention has ended, and so does the message's soon.
  if (event?.sequence !== sequence) return undefined
  const handed = { event, receipt: `${sequenceOrder(sequence, replay_id)}.${nonce}`, receives: receives + 1 }
  try {
    const content = await eventContent(scope, event, scope.caller.permissions)
    return content ? { ...handed, content } : handed
  } catch {
    // It comes again when its time is over, as one does whose receiver failed; the others are handed out.
    return undefined
  }
}

/**
 * Removes what was worked. A receipt that was taken before, or never given, is unknown: acknowledging twice does no harm.
 * @throws NotFoundError, WrongStateError.
 */
export async function acknowledgeMessages(
  scope: Uses<'state'>,
  subscriberId: string,
  receipts: readonly string[],
): Promise<{ readonly acknowledged: readonly string[]; readonly refused: readonly RefusedReceipt[] }> {
  await getQueue(scope, subscriberId)
  const results = await Promise.all(receipts.map((receipt) => acknowledge(scope, subscriberId, receipt)))
  return {
    acknowledged: receipts.filter((_, index) => results[index] === undefined),
    refused: receipts.flatMap((receipt, index) => {
      const code = results[index]
      return code === undefined ? [] : [{ receipt, code }]
    }),
  }
}

async function acknowledge(
  scope: Uses<'state'>,
  partition: string,
  receipt: string,
): Promise<RefusedReceipt['code'] | undefined> {
  const [, sort = '', nonce] = /^(\d{16}(?:~[0-9a-f-]{36})?)\.([0-9a-f-]{36})$/.exec(receipt) ?? []
  const message = sort === '' ? undefined : await scope.state.get(messages, { partition, sort })
  if (!message) return 'unknown'
  if (message.fields.receipt !== nonce) return 'stale'
  try {
    await scope.state.commit({ writes: [remove(messages, message)] })
    return undefined
  } catch (error) {
    if (error instanceof ConflictError) return 'stale'
    throw error
  }
}
