import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { entryFields, type Field } from './operation.ts'

/** Logs and their entries, on the writer's side. */
export class LogTable {
  readonly #database: DatabaseSync
  readonly #find: StatementSync
  readonly #begin: StatementSync
  readonly #insert: StatementSync
  readonly #keep: StatementSync
  readonly #trim: StatementSync
  readonly #logsOf: StatementSync
  readonly #removeEntries: StatementSync
  readonly #removeLog: StatementSync

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#database = database
    this.#find = prepare('SELECT id FROM log WHERE tenant = ? AND partition = ?')
    this.#begin = prepare('INSERT INTO log(tenant, partition) VALUES(?, ?)')
    this.#insert = prepare('INSERT INTO entry(log, at, data) VALUES(?, ?, ?)')
    this.#keep = prepare('UPDATE log SET kept = ?1 WHERE tenant = ?2 AND partition = ?3 AND kept < ?1')
    this.#trim = prepare(
      `DELETE FROM entry WHERE position IN (SELECT entry.position FROM entry INDEXED BY entry_at CROSS JOIN log ON log.id = entry.log
       WHERE entry.at < ? AND entry.position <= log.kept ORDER BY entry.at LIMIT ?)`,
    )
    this.#logsOf = prepare('SELECT id, partition FROM log WHERE tenant = ?')
    this.#removeEntries = prepare('DELETE FROM entry WHERE position IN (SELECT position FROM entry WHERE log = ? LIMIT ?)')
    this.#removeLog = prepare('DELETE FROM log WHERE id = ?')
  }

  /** @returns the position of the first; the others follow it one by one. */
  append(tenant: string, entries: readonly Field[]): number {
    const logs = new Map<Field, number>()
    let last = 0
    for (let at = 0; at < entries.length; at += entryFields) {
      const [partition = null, time = null, data = null] = entries.slice(at, at + entryFields)
      const log = logs.get(partition) ?? this.#log(tenant, partition)
      logs.set(partition, log)
      last = Number(this.#insert.run(log, time, data).lastInsertRowid)
    }
    return last - entries.length / entryFields + 1
  }

  keep(tenant: string, partition: string, position: number): void {
    this.#keep.run(position, tenant, partition)
  }

  /**
   * What is kept is sealed, and names nobody: its room is given back without being overwritten, which for entries of many pages is most
   * of the work.
   */
  trim(before: number, limit: number): number {
    this.#database.exec('PRAGMA secure_delete = FAST')
    try {
      return Number(this.#trim.run(before, limit).changes)
    } finally {
      this.#database.exec('PRAGMA secure_delete = ON')
    }
  }

  /** Each log last, behind its entries. */
  remove(tenant: string, partition: string | null, limit: number): number {
    let removed = 0
    for (const { id, partition: name } of this.#logsOf.all(tenant)) {
      if (partition !== null && name !== partition) continue
      removed += Number(this.#removeEntries.run(Number(id), limit - removed).changes)
      if (removed === limit) return removed
      this.#removeLog.run(Number(id))
    }
    return removed
  }

  #log(tenant: string, partition: Field): number {
    const id = this.#find.get(tenant, partition)?.id
    return Number(id ?? this.#begin.run(tenant, partition).lastInsertRowid)
  }
}
