import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { JobTable } from './job-table.ts'
import { LogTable } from './log-table.ts'
import {
  type CommitOperation,
  commitFields,
  type Emitted,
  type Field,
  type Operation,
  type Removed,
  type Result,
} from './operation.ts'
import { type Kept, matches, RecordTable } from './record-table.ts'

/** Events come in the order of their time but for clocks that were set: what may go is among so many. The whole log is never looked through. */
const oldest = 10_000

/**
 * Applies operations, inside a transaction that its owner opens and closes. Each checks everything first and writes then,
 * so that one that is refused leaves no trace and its neighbours in the transaction are untouched.
 */
export class Writer {
  readonly #records: RecordTable
  readonly #jobs: JobTable
  readonly #logs: LogTable
  readonly #insertEvent: StatementSync
  readonly #readSequence: StatementSync
  readonly #writeSequence: StatementSync
  readonly #writeMeta: StatementSync
  readonly #trimEvents: StatementSync
  readonly #removeEvents: StatementSync
  readonly #removeSequence: StatementSync
  /** The last sequence of each tenant that emitted something in this transaction. */
  readonly #sequences = new Map<string, number>()
  #position: number

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#records = new RecordTable(database)
    this.#jobs = new JobTable(database, () => ++this.#position)
    this.#logs = new LogTable(database)
    this.#insertEvent = prepare('INSERT INTO event(position, tenant, sequence, time, type, body) VALUES(?, ?, ?, ?, ?, ?)')
    this.#readSequence = prepare('SELECT last FROM sequence WHERE tenant = ?')
    this.#writeSequence = prepare('INSERT INTO sequence VALUES(?, ?) ON CONFLICT(tenant) DO UPDATE SET last = excluded.last')
    this.#writeMeta = prepare('UPDATE meta SET value = ? WHERE name = ?')
    this.#trimEvents = prepare(
      `DELETE FROM event WHERE position IN (
         SELECT position FROM (SELECT position, time FROM event WHERE position <= ? ORDER BY position LIMIT ${oldest})
         WHERE time < ? AND position NOT IN (SELECT value FROM json_each(?)) LIMIT ?)`,
    )
    this.#removeEvents = prepare(
      'DELETE FROM event WHERE position IN (SELECT position FROM event WHERE tenant = ? ORDER BY sequence LIMIT ?)',
    )
    this.#removeSequence = prepare('DELETE FROM sequence WHERE tenant = ?')
    // While a process runs a position is never used twice, or a job behind a consumer's place would never be seen; and an
    // event never gets one that the relay has passed.
    const highest = database
      .prepare(
        `SELECT max((SELECT ifnull(max(position), 0) FROM ready), (SELECT ifnull(max(position), 0) FROM held),
         (SELECT ifnull(max(position), 0) FROM event), (SELECT value FROM meta WHERE name = 'relayed')) AS highest`,
      )
      .get()
    this.#position = Number(highest?.highest ?? 0)
  }

  apply(operation: Operation): Result {
    switch (operation.kind) {
      case 'commit':
        return this.#commit(operation.fields)
      case 'add':
        return this.#add(operation)
      case 'send':
        return { ok: this.#addJobs(operation.jobs, 0, operation.jobs.length) }
      case 'taken':
        this.#jobs.taken(operation.places)
        return { ok: undefined }
      case 'settle':
        this.#jobs.settle(operation)
        return { ok: undefined }
      case 'promote':
        return { ok: this.#jobs.promote(operation.now) }
      case 'relayed':
        this.#writeMeta.run(operation.position, 'relayed')
        return { ok: undefined }
      case 'removeExpired':
        return { ok: this.#records.removeExpired(operation.now, operation.limit) }
      case 'trimEvents':
        return {
          ok: Number(
            this.#trimEvents.run(operation.upTo, operation.before, JSON.stringify(operation.except), operation.limit).changes,
          ),
        }
      case 'append':
        return { ok: this.#logs.append(operation.tenant, operation.entries) }
      case 'keepLog':
        this.#logs.keep(operation.tenant, operation.partition, operation.position)
        return { ok: undefined }
      case 'trimEntries':
        return { ok: this.#logs.trim(operation.before, operation.limit) }
      case 'removeLogs':
        return { ok: this.#logs.remove(operation.tenant, operation.partition, operation.limit) }
      case 'removeTenant':
        return { ok: this.#removeTenant(operation) }
      case 'erase':
        // Not inside a transaction: its owner does it afterwards.
        return { ok: false }
    }
  }

  /** What was gathered for the end of the transaction: sums and sequences that several operations share. */
  finish(): void {
    this.#records.writeCounters()
    for (const [tenant, last] of this.#sequences) this.#writeSequence.run(tenant, last)
    this.#sequences.clear()
  }

  /** The transaction was undone. */
  forget(): void {
    this.#records.forget()
    this.#sequences.clear()
  }

  #commit(fields: CommitOperation): Result {
    const [now = 0, puts = 0, deletes = 0, checks = 0, adds = 0, events = 0] = fields as readonly number[]
    const deletesAt = commitFields.header + puts * commitFields.put
    const checksAt = deletesAt + deletes * commitFields.delete
    const addsAt = checksAt + checks * commitFields.check
    const eventsAt = addsAt + adds * commitFields.add
    const jobsAt = eventsAt + events * commitFields.event

    const found: (Kept | undefined)[] = []
    for (let at = commitFields.header; at < deletesAt; at += commitFields.put) {
      const kept = this.#records.find(String(fields[at]))
      if (!matches(kept, Number(fields[at + 1]), now)) return { conflict: String(fields[at]) }
      found.push(kept)
    }
    const deleted: Kept[] = []
    for (let at = deletesAt; at < addsAt; at += commitFields.check) {
      const kept = this.#records.find(String(fields[at]))
      if (!matches(kept, Number(fields[at + 1]), now)) return { conflict: String(fields[at]) }
      if (kept && at < checksAt) deleted.push(kept)
    }
    const sums: (() => void)[] = []
    for (let at = addsAt; at < eventsAt; at += commitFields.add) {
      const sum = this.#records.sum(
        String(fields[at]),
        amountsOf(fields[at + 1]),
        mostOf(fields[at + 2]),
        expiresOf(fields[at + 3]),
        now,
      )
      if (!('write' in sum)) return sum
      sums.push(sum.write)
    }

    for (let at = commitFields.header, index = 0; at < deletesAt; at += commitFields.put, index++)
      this.#put(fields, at, found[index], now)
    for (const kept of deleted) this.#records.delete(kept)
    for (const write of sums) write()
    return { ok: this.#emit(fields, eventsAt, jobsAt) }
  }

  #put(fields: CommitOperation, at: number, kept: Kept | undefined, now: number): void {
    const [key, , schema = null, expires = null, plain = null, sealed = null, list0 = null, list1 = null, list2 = null] =
      fields.slice(at, at + commitFields.put)
    this.#records.put(String(key), { schema, expires, plain, sealed, list0, list1, list2 }, kept, now)
  }

  #emit(fields: CommitOperation, eventsAt: number, jobsAt: number): Emitted | undefined {
    if (eventsAt === fields.length) return undefined
    const emitted = [this.#position + 1]
    for (let at = eventsAt; at < jobsAt; at += commitFields.event) {
      const [tenant, time, type, body] = fields.slice(at, at + commitFields.event) as [string, number, string, string]
      const sequence = (this.#sequences.get(tenant) ?? Number(this.#readSequence.get(tenant)?.last ?? 0)) + 1
      this.#sequences.set(tenant, sequence)
      this.#insertEvent.run(++this.#position, tenant, sequence, time, type, body)
      emitted.push(sequence)
    }
    this.#addJobs(fields, jobsAt, fields.length)
    return emitted
  }

  #addJobs(fields: readonly Field[], from: number, to: number): number {
    const first = this.#position + 1
    for (let at = from; at < to; at += commitFields.job) {
      const [queue = null, lane = null, tenant = null, due = null, body = null] = fields.slice(at, at + commitFields.job)
      this.#jobs.add(queue, lane, tenant, due, body)
    }
    return first
  }

  #removeTenant({ tenant, ranges, limit }: Extract<Operation, { kind: 'removeTenant' }>): Removed {
    const { amount: waiting, jobs } = this.#jobs.removeTenant(tenant, limit)
    let amount = waiting
    amount += Number(this.#removeEvents.run(tenant, limit - amount).changes)
    for (const [from, to] of ranges) amount += this.#records.removeBetween(from, to, limit - amount)
    // The sequence last: while there are events, the next one has to follow them.
    if (amount < limit) {
      const begun = this.#sequences.delete(tenant)
      if (Number(this.#removeSequence.run(tenant).changes) > 0 || begun) amount++
    }
    return { amount, jobs }
  }

  #add({ key, field, amount, max, now }: Extract<Operation, { kind: 'add' }>): Result {
    const sum = this.#records.sum(key, { [field]: amount }, max === null ? null : { [field]: max }, null, now)
    if (!('write' in sum)) return sum
    sum.write()
    return { ok: sum.fields[field] }
  }
}

function amountsOf(text: Field | undefined): Record<string, number> {
  return JSON.parse(String(text)) as Record<string, number>
}

function mostOf(text: Field | undefined): Record<string, number> | null {
  return typeof text === 'string' ? amountsOf(text) : null
}

function expiresOf(field: Field | undefined): number | null {
  return typeof field === 'number' ? field : null
}
