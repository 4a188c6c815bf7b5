import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { type Clock, type DomainEvent, type Job, jobLimits, type StoredEvent, uuid } from '@plinth/core'
import { type Item, keyItem, numberValue, text } from './dynamodb-items.ts'
import type { PlannedWrite, Try } from './planned-write.ts'
import { eventKey, type ItemKey, jobKey, sequenceKey } from './table-keys.ts'

/** The outbox's index is spread over so many partitions. */
export const outboxParts = 8

/** The number that the next event of a tenant has, as far as this process knows; shared by all changes of the tenant. */
export interface Sequence {
  last: number
}

/** Takes the tenant's next sequences; only one of two changes at the same time gets them. */
export class TakeSequences implements PlannedWrite {
  readonly #tenant: string
  readonly #amount: number
  readonly #sequence: Sequence
  constructor(tenant: string, amount: number, sequence: Sequence) {
    this.#tenant = tenant
    this.#amount = amount
    this.#sequence = sequence
  }

  item({ table, change }: Try): TransactWriteItem {
    const { last } = this.#sequence
    return {
      Update: {
        TableName: table,
        Key: keyItem(sequenceKey(this.#tenant)),
        UpdateExpression: 'SET n = :next, c = :c',
        ConditionExpression: last === 0 ? 'attribute_not_exists(pk)' : 'n = :last',
        ExpressionAttributeValues: {
          ':next': numberValue(last + this.#amount),
          ':c': { S: change },
          ...(last === 0 ? {} : { ':last': numberValue(last) }),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    }
  }

  refused(found: Item | undefined): undefined {
    this.#sequence.last = Number(found?.n?.N ?? 0)
  }
}

/** An event, at its place behind the tenant's last sequence. */
export class AppendEvent implements PlannedWrite {
  readonly #event: DomainEvent
  readonly #place: number
  readonly #sequence: Sequence
  constructor(event: DomainEvent, place: number, sequence: Sequence) {
    this.#event = event
    this.#place = place
    this.#sequence = sequence
  }

  item({ table, change }: Try): TransactWriteItem {
    const { tenant, type } = this.#event
    const key = eventKey(tenant, this.#sequence.last + this.#place)
    return {
      Put: { TableName: table, Item: { ...outboxItem(key, tenant, 0), t: { S: type }, b: json(this.#event), c: { S: change } } },
    }
  }

  refused(): undefined {}
}

/** A job, for the relay to send. */
export class KeepJob implements PlannedWrite {
  readonly #job: Job
  readonly #id: string
  constructor(job: Job, clock: Clock) {
    this.#job = job
    this.#id = uuid(clock)
  }

  item({ table }: Try): TransactWriteItem {
    // The queue takes a job so far ahead; until then it waits here.
    const due = Math.max(0, Math.ceil((this.#job.notBefore ?? 0) - jobLimits.aheadMilliseconds))
    return {
      Put: {
        TableName: table,
        Item: { ...outboxItem(jobKey(this.#job.tenant, this.#id), this.#job.tenant, due), b: json(this.#job) },
      },
    }
  }

  refused(): undefined {}
}

/** What an item of the outbox holds; a job has no type. */
export function entryOf(item: Item): StoredEvent | Job {
  const entry = JSON.parse(text(item.b)) as DomainEvent | Job
  return 'queue' in entry ? entry : { ...entry, sequence: Number(text(item.sk)) }
}

/** Part and time of an entry in the outbox's index, from which settling takes it out. */
function outboxItem(key: ItemKey, tenant: string, due: number): Item {
  return { ...keyItem(key), o: { S: String(partOf(tenant)) }, d: numberValue(due) }
}

/** A tenant's entries lie together, in the order of their times. */
function partOf(tenant: string): number {
  let sum = 0
  for (const character of tenant) sum = (sum * 31 + character.charCodeAt(0)) % 65_521
  return sum % outboxParts
}

function json(value: DomainEvent | Job) {
  return { S: JSON.stringify(value) }
}
