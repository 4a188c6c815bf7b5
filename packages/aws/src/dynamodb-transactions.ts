import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { type Clock, type PlinthError, sleep, UnavailableError } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import type { Item } from './dynamodb-items.ts'
import type { PlannedWrite, Try } from './planned-write.ts'

const tries = 30
const firstPause = 5
const longestPause = 250

export interface Transactions {
  readonly client: DynamoDBClient
  readonly table: string
  readonly clock: Clock
}

/**
 * Commits what is planned, all or nothing.
 *
 * A transaction that meets another one, or whose guesses were wrong, is tried again. One whose answer was lost is known by its mark:
 * when it meets an item that carries its own mark, it has happened already (the SDK's token for that holds for ten minutes, an
 * emulator's not at all).
 * @param change the change's mark, unlike any other's.
 * @throws what the first write that can't be says; UnavailableError when nothing was changed, or when nobody knows.
 */
export async function transact(
  { client, table, clock }: Transactions,
  change: string,
  writes: readonly PlannedWrite[],
): Promise<void> {
  for (let number = 1; ; number++) {
    const attempt: Try = { table, change, now: clock.now() }
    const reasons = await send(
      client,
      writes.map((write) => write.item(attempt)),
    )
    if (!reasons) return
    if (reasons.some(({ Item }) => Item?.c?.S === change)) return
    const refusal = firstRefusal(reasons, writes, attempt)
    if (refusal) throw refusal
    if (number === tries)
      throw new UnavailableError('contended', 'Too many changes of the same records at once; try again.', { retryAfter: 1 })
    await pause(clock, number)
  }
}

/** Waits a random while whose bound doubles, so that those that met don't meet again. */
export function pause(clock: Clock, attempt: number): Promise<void> {
  return sleep(clock, Math.min(longestPause, firstPause * 2 ** attempt) * clock.random())
}

/** @returns why the transaction was cancelled, a reason a write; undefined when it was done. */
async function send(client: DynamoDBClient, items: TransactWriteItem[]): Promise<readonly CancellationReason[] | undefined> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: items }))
    return undefined
  } catch (error) {
    if (error instanceof TransactionCanceledException) return error.CancellationReasons ?? []
    if (isFault(error, 'TransactionConflictException', 'TransactionInProgressException')) return []
    throw unavailable(error, 'dynamodb:TransactWriteItems')
  }
}

function firstRefusal(
  reasons: readonly CancellationReason[],
  writes: readonly PlannedWrite[],
  attempt: Try,
): PlinthError | undefined {
  let first: PlinthError | undefined
  for (const [index, reason] of reasons.entries()) {
    if (reason.Code !== 'ConditionalCheckFailed') continue
    const refusal = writes[index]?.refused(reason.Item as Item | undefined, attempt)
    first ??= refusal
  }
  return first
}
