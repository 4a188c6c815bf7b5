import type { TransactWriteItem, Update } from '@aws-sdk/client-dynamodb'
import {
  ConflictError,
  InvalidInputError,
  type Key,
  keyName,
  LimitError,
  type NewRow,
  type PlinthError,
  type Write,
} from '@plinth/core'
import { expiryOf, type Item, isExpired, keyItem, numberValue, plainName, rowItem, versionOf } from './dynamodb-items.ts'
import { rowKey } from './table-keys.ts'

/** What a try is made with. */
export interface Try {
  readonly table: string
  /** The change's own mark, which it leaves in what it writes. */
  readonly change: string
  readonly now: number
}

/**
 * One write of a transaction. What it depends on is guessed at first and learned from the item that was in the way: so the usual
 * case needs no reading.
 */
export interface PlannedWrite {
  item(attempt: Try): TransactWriteItem
  /**
   * The condition didn't hold.
   * @param found the item that was there, if any.
   * @returns why it can't be written; undefined when it may be tried again, with what was learned.
   */
  refused(found: Item | undefined, attempt: Try): PlinthError | undefined
}

export function planWrite(write: Write): PlannedWrite {
  if ('put' in write) return write.ifVersion === undefined ? new Overwrite(write.put) : new Put(write.put, write.ifVersion)
  if ('add' in write) return new Add(write)
  if ('check' in write) return new Check(write.check, write.ifVersion)
  return new Delete(write.delete, write.ifVersion)
}

/** An expired row counts as absent, one without a time never expires. */
const absent = 'attribute_not_exists(pk) OR e <= :now'
const live = '(attribute_not_exists(e) OR e > :now)'

function versionIs(ifVersion: number | 'absent', now: number) {
  return ifVersion === 'absent'
    ? { ConditionExpression: absent, ExpressionAttributeValues: { ':now': numberValue(now) } }
    : {
        ConditionExpression: `v = :v AND ${live}`,
        ExpressionAttributeValues: { ':now': numberValue(now), ':v': numberValue(ifVersion) },
      }
}

const tellWhatWasThere = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

class Put implements PlannedWrite {
  readonly #row: NewRow
  readonly #ifVersion: number | 'absent'
  constructor(row: NewRow, ifVersion: number | 'absent') {
    this.#row = row
    this.#ifVersion = ifVersion
  }
  item({ table, change, now }: Try): TransactWriteItem {
    return putItem(table, this.#row, this.#ifVersion, change, now)
  }
  refused(): PlinthError {
    return new ConflictError(keyName(this.#row))
  }
}

/** Replaces whatever is there; only its version has to be known. */
class Overwrite implements PlannedWrite {
  readonly #row: NewRow
  #found: number | 'absent' = 'absent'
  constructor(row: NewRow) {
    this.#row = row
  }
  item({ table, change, now }: Try): TransactWriteItem {
    return putItem(table, this.#row, this.#found, change, now)
  }
  refused(found: Item | undefined, { now }: Try): undefined {
    this.#found = found && !isExpired(found, now) ? versionOf(found) : 'absent'
  }
}

function putItem(table: string, row: NewRow, ifVersion: number | 'absent', change: string, now: number): TransactWriteItem {
  const version = ifVersion === 'absent' ? 1 : ifVersion + 1
  return {
    Put: { TableName: table, Item: rowItem(row, version, change), ...versionIs(ifVersion, now), ...tellWhatWasThere },
  }
}

class Delete implements PlannedWrite {
  readonly #key: Key
  readonly #ifVersion: number | undefined
  constructor(key: Key, ifVersion: number | undefined) {
    this.#key = key
    this.#ifVersion = ifVersion
  }
  item({ table, now }: Try): TransactWriteItem {
    const condition = this.#ifVersion === undefined ? {} : { ...versionIs(this.#ifVersion, now), ...tellWhatWasThere }
    return { Delete: { TableName: table, Key: keyItem(rowKey(this.#key)), ...condition } }
  }
  refused(): PlinthError {
    return new ConflictError(keyName(this.#key))
  }
}

class Check implements PlannedWrite {
  readonly #key: Key
  readonly #ifVersion: number | 'absent'
  constructor(key: Key, ifVersion: number | 'absent') {
    this.#key = key
    this.#ifVersion = ifVersion
  }
  item({ table, now }: Try): TransactWriteItem {
    return {
      ConditionCheck: {
        TableName: table,
        Key: keyItem(rowKey(this.#key)),
        ...versionIs(this.#ifVersion, now),
        ...tellWhatWasThere,
      },
    }
  }
  refused(): PlinthError {
    return new ConflictError(keyName(this.#key))
  }
}

type Addition = Extract<Write, { readonly add: Key }>

/** Adds where the row is; a row whose time is over is replaced by a new one. */
export class Add implements PlannedWrite {
  readonly #write: Addition
  #expired: Item | undefined
  constructor(write: Addition) {
    this.#write = write
  }

  item(attempt: Try): TransactWriteItem {
    const { table, change } = attempt
    if (!this.#expired) return { Update: { ...this.update(attempt), ...tellWhatWasThere } }
    const { add: key, amounts: index, expires } = this.#write
    const row = { ...key, schema: 1, index, sealed: {}, lists: [], ...(expires === undefined ? {} : { expires }) }
    const { e, v } = this.#expired
    return {
      Put: {
        TableName: table,
        Item: rowItem(row, 1, change),
        ConditionExpression: 'e = :e AND v = :v',
        ExpressionAttributeValues: { ':e': e ?? numberValue(0), ':v': v ?? numberValue(0) },
        ...tellWhatWasThere,
      },
    }
  }

  /** The addition as an update of its own. */
  update({ table, change, now }: Try): Update {
    const { add: key, amounts, max: limits = {}, expires } = this.#write
    const names: Record<string, string> = {}
    const values: Item = { ':c': { S: change }, ':one': numberValue(1), ':now': numberValue(now), ':type': { S: 'N' } }
    const conditions = [live, '(attribute_not_exists(c) OR c <> :c)']
    const sums = Object.entries(amounts).map(([field, amount], index) => {
      names[`#f${index}`] = plainName(field)
      values[`:a${index}`] = numberValue(amount)
      conditions.push(`(attribute_not_exists(#f${index}) OR attribute_type(#f${index}, :type))`)
      const max = limits[field]
      if (max !== undefined) {
        values[`:m${index}`] = numberValue(max - amount)
        conditions.push(`(${amount > max ? '' : `attribute_not_exists(#f${index}) OR `}#f${index} <= :m${index})`)
      }
      return `#f${index} :a${index}`
    })
    const sets = ['c = :c', 'h = if_not_exists(h, :one)']
    for (const [name, value] of Object.entries(expires === undefined ? {} : expiryOf(expires))) {
      names[`#${name}`] = name
      values[`:${name}`] = value
      sets.push(`#${name} = if_not_exists(#${name}, :${name})`)
    }
    return {
      TableName: table,
      Key: keyItem(rowKey(key)),
      UpdateExpression: `SET ${sets.join(', ')} ADD ${['v :one', ...sums].join(', ')}`,
      ConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    }
  }

  refused(found: Item | undefined, { now }: Try): PlinthError | undefined {
    const { add: key, amounts } = this.#write
    if (found && isExpired(found, now)) {
      if (this.#limit({})) return new LimitError(keyName(key))
      this.#expired = found
      return undefined
    }
    this.#expired = undefined
    const field = Object.keys(amounts).find((name) => found?.[plainName(name)] && !found[plainName(name)]?.N)
    if (field !== undefined)
      return new InvalidInputError(`The field ${field} holds no number.`, { code: 'invalid_change', field })
    return this.#limit(found ?? {}) ? new LimitError(keyName(key)) : undefined
  }

  #limit(item: Item): boolean {
    const { amounts, max = {} } = this.#write
    return Object.entries(amounts).some(
      ([field, amount]) => Number(item[plainName(field)]?.N ?? 0) + amount > (max[field] ?? Number.POSITIVE_INFINITY),
    )
  }
}
