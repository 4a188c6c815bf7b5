import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { OutboxEntry } from '@plinth/core'
import type { Item } from './dynamodb-items.ts'
import { positionOf } from './dynamodb-operations.ts'
import { entryOf } from './emitted-entries.ts'

/** A record of the table's stream, as Lambda is given it: new images, bytes as base64. */
export interface TableChange {
  readonly eventName?: string
  readonly dynamodb?: { readonly NewImage?: Readonly<Record<string, object>> }
}

/** The entries of the outbox among changes of the table, those that are due; later ones wait for the schedule. */
export function outboxEntries(changes: readonly TableChange[], now: number): readonly OutboxEntry[] {
  return changes.flatMap(({ eventName, dynamodb }) => {
    const item = dynamodb?.NewImage as Item | undefined
    if (eventName !== 'INSERT' || !item || !isDue(item.o, item.d, now)) return []
    return [{ position: positionOf(item), entry: entryOf(item) }]
  })
}

function isDue(part: AttributeValue | undefined, due: AttributeValue | undefined, now: number): boolean {
  return part?.S !== undefined && Number(due?.N) <= now
}
