import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Field, type JobPlace, type Operation, placeFields, type ReadyTuple, type Removed } from './operation.ts'
import { isFull } from './schema.ts'

const promoteAtATime = 1_000

/** Jobs, on the writer's side: ready, held back, and in hand. */
export class JobTable {
  readonly #insertReady: StatementSync
  readonly #insertHeld: StatementSync
  readonly #remove: StatementSync
  readonly #hold: StatementSync
  readonly #due: StatementSync
  readonly #release: StatementSync
  readonly #removeHeld: StatementSync
  readonly #nextDue: StatementSync
  readonly #writeTaken: StatementSync
  readonly #nextLane: StatementSync
  readonly #removeOf: StatementSync
  readonly #removeHeldOf: StatementSync
  readonly #nextPosition: () => number

  /** @param nextPosition gives a position behind all that were ever given. */
  constructor(database: DatabaseSync, nextPosition: () => number) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#nextPosition = nextPosition
    this.#insertReady = prepare('INSERT INTO ready VALUES(?, ?, ?, ?, 0, ?)')
    this.#insertHeld = prepare('INSERT INTO held VALUES(?, ?, ?, ?, ?, 0, ?)')
    this.#remove = prepare('DELETE FROM ready WHERE queue = ? AND lane = ? AND tenant = ? AND position = ?')
    this.#hold = prepare(
      `INSERT INTO held SELECT ?, position, queue, lane, tenant, cut_offs + ?, body FROM ready
       WHERE queue = ? AND lane = ? AND tenant = ? AND position = ?`,
    )
    this.#due = prepare('SELECT due, position, queue, lane, tenant FROM held WHERE due <= ? ORDER BY due, position LIMIT ?')
    this.#release = prepare(
      'INSERT INTO ready SELECT queue, lane, tenant, ?, cut_offs, body FROM held WHERE due = ? AND position = ?',
    )
    this.#removeHeld = prepare('DELETE FROM held WHERE due = ? AND position = ?')
    this.#nextDue = prepare('SELECT MIN(due) AS due FROM held')
    this.#writeTaken = prepare('INSERT OR REPLACE INTO taken VALUES(1, ?)')
    this.#nextLane = prepare('SELECT queue, lane FROM ready WHERE (queue, lane) > (?, ?) ORDER BY queue, lane LIMIT 1')
    this.#removeOf = prepare(
      `DELETE FROM ready WHERE queue = ?1 AND lane = ?2 AND tenant = ?3 AND position IN (SELECT position FROM ready
       WHERE queue = ?1 AND lane = ?2 AND tenant = ?3 ORDER BY position LIMIT ?4) RETURNING position`,
    )
    this.#removeHeldOf = prepare(
      'DELETE FROM held WHERE (due, position) IN (SELECT due, position FROM held WHERE tenant = ? LIMIT ?)',
    )
  }

  add(queue: Field, lane: Field, tenant: Field, due: Field, body: Field): void {
    const position = this.#nextPosition()
    if (due === 0) this.#insertReady.run(queue, lane, tenant, position, body)
    else this.#insertHeld.run(due, position, queue, lane, tenant, body)
  }

  settle({ done, later }: Extract<Operation, { kind: 'settle' }>): void {
    for (const place of done) this.#remove.run(...place)
    for (const [place, due, cutOff] of later) {
      this.#hold.run(Math.max(1, due), cutOff, ...place)
      this.#remove.run(...place)
    }
  }

  /** Removes jobs of one tenant, also those in hand: when they are done there is nothing to settle. */
  removeTenant(tenant: string, limit: number): Removed {
    const jobs: number[] = []
    for (let lane = this.#nextLane.get('', ''); lane && jobs.length < limit; ) {
      const [queue, name] = [String(lane.queue), String(lane.lane)]
      for (const row of this.#removeOf.all(queue, name, tenant, limit - jobs.length)) jobs.push(Number(row.position))
      lane = this.#nextLane.get(queue, name)
    }
    return { amount: jobs.length + Number(this.#removeHeldOf.run(tenant, limit - jobs.length).changes), jobs }
  }

  /** Remembers what is in hand, in place of what was. */
  taken(places: readonly Field[]): void {
    this.#writeTaken.run(JSON.stringify(places))
  }

  /** Moves what is due to the end of its lane. */
  promote(now: number): { readonly ready: readonly ReadyTuple[]; readonly nextDue: number | null } {
    const ready = new Map<string, [string, string, string, number]>()
    for (const row of this.#due.all(now, promoteAtATime)) {
      this.#release.run(this.#nextPosition(), Number(row.due), Number(row.position))
      this.#removeHeld.run(Number(row.due), Number(row.position))
      const [queue, lane, tenant] = [String(row.queue), String(row.lane), String(row.tenant)]
      const entry = ready.get(`${queue}\n${lane}\n${tenant}`) ?? [queue, lane, tenant, 0]
      entry[3]++
      ready.set(`${queue}\n${lane}\n${tenant}`, entry)
    }
    const due = this.#nextDue.get()?.due
    return { ready: [...ready.values()], nextDue: typeof due === 'number' ? due : null }
  }
}

/**
 * Counts what the process before this one had in hand when it ended as cut off. Once, when the file is opened; on a full disk they
 * stay uncounted, since a start must not fail for it.
 */
export function countCutOffs(database: DatabaseSync): void {
  const kept = database.prepare('SELECT places FROM taken').get()?.places
  if (typeof kept !== 'string') return
  const places = JSON.parse(kept) as (string | number)[]
  const count = database.prepare(
    'UPDATE ready SET cut_offs = cut_offs + 1 WHERE queue = ? AND lane = ? AND tenant = ? AND position = ?',
  )
  try {
    database.exec('BEGIN IMMEDIATE')
    for (let at = 0; at < places.length; at += placeFields)
      count.run(...(places.slice(at, at + placeFields) as unknown as JobPlace))
    database.exec('DELETE FROM taken; COMMIT')
  } catch (error) {
    if (!isFull(error)) throw error
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}
