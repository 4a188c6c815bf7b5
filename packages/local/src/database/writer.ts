import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CommitOperation, JobTuple, Operation, PutTuple, ReadyTuple, Result } from './operation.ts'

const promoteAtATime = 1_000

interface Kept {
  readonly id: number
  readonly version: number
  readonly expires: number | null
  readonly plain: string
  readonly list0: string | null
  readonly list1: string | null
  readonly list2: string | null
}

/**
 * Applies operations, inside a transaction that its owner opens and closes. Each checks everything first and writes then,
 * so that one that is refused leaves no trace and its neighbours in the transaction are untouched.
 */
export class Writer {
  readonly #find: StatementSync
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #updateExpires: StatementSync
  readonly #updateLists: readonly [StatementSync, StatementSync, StatementSync]
  readonly #updatePlain: StatementSync
  readonly #delete: StatementSync
  readonly #insertEvent: StatementSync
  readonly #readSequence: StatementSync
  readonly #writeSequence: StatementSync
  readonly #insertJob: StatementSync
  readonly #deleteJob: StatementSync
  readonly #holdJob: StatementSync
  readonly #dueJobs: StatementSync
  readonly #nextDue: StatementSync
  readonly #readyJob: StatementSync
  readonly #writeMeta: StatementSync
  readonly #removeExpired: StatementSync
  readonly #trimEvents: StatementSync
  #position: number

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#find = prepare('SELECT id, version, expires, plain, list0, list1, list2 FROM record WHERE key = ?')
    this.#insert = prepare(
      'INSERT INTO record(key, version, schema, expires, plain, sealed, list0, list1, list2) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#update = prepare('UPDATE record SET version = ?, schema = ?, plain = ?, sealed = ? WHERE id = ?')
    this.#updateExpires = prepare('UPDATE record SET expires = ? WHERE id = ?')
    this.#updateLists = [
      prepare('UPDATE record SET list0 = ? WHERE id = ?'),
      prepare('UPDATE record SET list1 = ? WHERE id = ?'),
      prepare('UPDATE record SET list2 = ? WHERE id = ?'),
    ]
    this.#updatePlain = prepare('UPDATE record SET version = ?, plain = ? WHERE id = ?')
    this.#delete = prepare('DELETE FROM record WHERE id = ?')
    this.#insertEvent = prepare('INSERT INTO event(position, tenant, sequence, time, type, body) VALUES(?, ?, ?, ?, ?, ?)')
    this.#readSequence = prepare('SELECT last FROM sequence WHERE tenant = ?')
    this.#writeSequence = prepare('INSERT INTO sequence VALUES(?, ?) ON CONFLICT(tenant) DO UPDATE SET last = excluded.last')
    this.#insertJob = prepare('INSERT INTO job(position, queue, lane, tenant, due, body) VALUES(?, ?, ?, ?, ?, ?)')
    this.#deleteJob = prepare('DELETE FROM job WHERE position = ?')
    this.#holdJob = prepare('UPDATE job SET due = ? WHERE position = ?')
    this.#dueJobs = prepare('SELECT position, queue, lane, tenant FROM job WHERE due > 0 AND due <= ? ORDER BY due LIMIT ?')
    this.#nextDue = prepare('SELECT MIN(due) AS due FROM job WHERE due > 0')
    this.#readyJob = prepare('UPDATE job SET due = 0, position = ? WHERE position = ?')
    this.#writeMeta = prepare('UPDATE meta SET value = ? WHERE name = ?')
    this.#removeExpired = prepare('DELETE FROM record WHERE id IN (SELECT id FROM record WHERE expires <= ? LIMIT ?)')
    this.#trimEvents = prepare(
      `DELETE FROM event WHERE position IN (SELECT position FROM event WHERE time < ? AND position <= ?
       AND position NOT IN (SELECT value FROM json_each(?)) ORDER BY position LIMIT ?)`,
    )
    // While a process runs a position is never used twice, or a job behind a consumer's place would never be seen; and an
    // event never gets one that the relay has passed.
    const highest = database
      .prepare(
        `SELECT max((SELECT ifnull(max(position), 0) FROM job), (SELECT ifnull(max(position), 0) FROM event),
         (SELECT value FROM meta WHERE name = 'relayed')) AS highest`,
      )
      .get()
    this.#position = Number(highest?.highest ?? 0)
  }

  apply(operation: Operation): Result {
    switch (operation.kind) {
      case 'commit':
        return this.#commit(operation)
      case 'add':
        return this.#add(operation)
      case 'send':
        for (const job of operation.jobs) this.#addJob(job)
        return { ok: undefined }
      case 'settle':
        for (const position of operation.done) this.#deleteJob.run(position)
        for (const [position, due] of operation.later) this.#holdJob.run(Math.max(1, due), position)
        return { ok: undefined }
      case 'promote':
        return { ok: this.#promote(operation.now) }
      case 'relayed':
        this.#writeMeta.run(operation.position, 'relayed')
        return { ok: undefined }
      case 'removeExpired':
        return { ok: Number(this.#removeExpired.run(operation.now, operation.limit).changes) }
      case 'trimEvents':
        return {
          ok: Number(
            this.#trimEvents.run(operation.before, operation.upTo, JSON.stringify(operation.except), operation.limit).changes,
          ),
        }
    }
  }

  #commit(operation: CommitOperation): Result {
    const { now } = operation
    const puts: [PutTuple, Kept | undefined][] = []
    for (const put of operation.puts) {
      const kept = this.#kept(put[0])
      if (!matches(kept, put[1], now)) return { conflict: put[0] }
      puts.push([put, kept])
    }
    const deletes: Kept[] = []
    for (const [key, ifVersion] of operation.deletes) {
      const kept = this.#kept(key)
      if (!matches(kept, ifVersion, now)) return { conflict: key }
      if (kept) deletes.push(kept)
    }
    for (const [key, ifVersion] of operation.checks) if (!matches(this.#kept(key), ifVersion, now)) return { conflict: key }
    const adds: (() => void)[] = []
    for (const [key, amounts, max] of operation.adds) {
      const sum = this.#sum(key, amounts, max, now)
      if (!('write' in sum)) return sum
      adds.push(sum.write)
    }
    for (const [put, kept] of puts) this.#put(put, kept, now)
    for (const kept of deletes) this.#delete.run(kept.id)
    for (const write of adds) write()
    for (const [tenant, time, type, body] of operation.events) {
      const sequence = Number(this.#readSequence.get(tenant)?.last ?? 0) + 1
      this.#writeSequence.run(tenant, sequence)
      this.#insertEvent.run(++this.#position, tenant, sequence, time, type, body)
    }
    for (const job of operation.jobs) this.#addJob(job)
    return { ok: undefined }
  }

  #put(put: PutTuple, kept: Kept | undefined, now: number): void {
    const [key, , schema, expires, plain, sealed, list0, list1, list2] = put
    if (!kept) {
      this.#insert.run(key, 1, schema, expires, plain, sealed, list0, list1, list2)
      return
    }
    // An expired row may still lie where a new one is put; the new one starts anew.
    this.#update.run(isLive(kept, now) ? kept.version + 1 : 1, schema, plain, sealed, kept.id)
    this.#updateIndexed(kept, { expires, list0, list1, list2 })
  }

  /** A column that is set costs its index a removal and an insertion, also when nothing changes: only what changed is set. */
  #updateIndexed(kept: Kept, wanted: Pick<Kept, 'expires' | 'list0' | 'list1' | 'list2'>): void {
    if (kept.expires !== wanted.expires) this.#updateExpires.run(wanted.expires, kept.id)
    if (kept.list0 !== wanted.list0) this.#updateLists[0].run(wanted.list0, kept.id)
    if (kept.list1 !== wanted.list1) this.#updateLists[1].run(wanted.list1, kept.id)
    if (kept.list2 !== wanted.list2) this.#updateLists[2].run(wanted.list2, kept.id)
  }

  #add(operation: Extract<Operation, { kind: 'add' }>): Result {
    const { key, field, amount, max, now } = operation
    const sum = this.#sum(key, { [field]: amount }, max === null ? null : { [field]: max }, now)
    if (!('write' in sum)) return sum
    sum.write()
    return { ok: sum.fields[field] }
  }

  #sum(
    key: string,
    amounts: Readonly<Record<string, number>>,
    max: Readonly<Record<string, number>> | null,
    now: number,
  ): { limit: string } | { notNumber: string } | { fields: Record<string, number>; write: () => void } {
    const kept = this.#kept(key)
    const live = isLive(kept, now) ? kept : undefined
    const fields = (live ? JSON.parse(live.plain) : {}) as Record<string, number>
    for (const [field, amount] of Object.entries(amounts)) {
      const before: unknown = fields[field] ?? 0
      if (typeof before !== 'number' || fields[field] === null) return { notNumber: key }
      const sum = before + amount
      if (max?.[field] !== undefined && sum > max[field]) return { limit: key }
      fields[field] = sum
    }
    const plain = JSON.stringify(fields)
    const write = (): void => {
      if (live) this.#updatePlain.run(live.version + 1, plain, live.id)
      else if (kept) {
        this.#update.run(1, 1, plain, null, kept.id)
        this.#updateIndexed(kept, { expires: null, list0: null, list1: null, list2: null })
      } else this.#insert.run(key, 1, 1, null, plain, null, null, null, null)
    }
    return { fields, write }
  }

  #addJob(job: JobTuple): void {
    const [queue, lane, tenant, due, body] = job
    this.#insertJob.run(++this.#position, queue, lane, tenant, due, body)
  }

  /** Moves what is due to the end of its lane. */
  #promote(now: number): { readonly ready: readonly ReadyTuple[]; readonly nextDue: number | null } {
    const ready = new Map<string, [string, string, string, number]>()
    for (const row of this.#dueJobs.all(now, promoteAtATime)) {
      this.#readyJob.run(++this.#position, Number(row.position))
      const [queue, lane, tenant] = [String(row.queue), String(row.lane), String(row.tenant)]
      const entry = ready.get(`${queue}\n${lane}\n${tenant}`) ?? [queue, lane, tenant, 0]
      entry[3]++
      ready.set(`${queue}\n${lane}\n${tenant}`, entry)
    }
    const due = this.#nextDue.get()?.due
    return { ready: [...ready.values()], nextDue: typeof due === 'number' ? due : null }
  }

  #kept(key: string): Kept | undefined {
    return this.#find.get(key) as unknown as Kept | undefined
  }
}

/** An expired row counts as absent. */
function matches(kept: Kept | undefined, ifVersion: number, now: number): boolean {
  if (ifVersion === -1) return true
  return isLive(kept, now) ? kept.version === ifVersion : ifVersion === 0
}

function isLive(kept: Kept | undefined, now: number): kept is Kept {
  return kept !== undefined && (kept.expires === null || kept.expires > now)
}
