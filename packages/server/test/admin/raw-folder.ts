import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A row of any table, as it lies in the file. */
export interface RawRow {
  readonly table: string
  /** Whose it says it is. */
  readonly tenant: string
  /** Of a record; the queue of a job, the type of an event. */
  readonly collection: string
  /** All of its columns; bytes as Latin-1. */
  readonly text: string
}

/** Every row of every table of a data folder's database, read without any code of ours. */
export function rawRows(folder: string): RawRow[] {
  const database = new DatabaseSync(join(folder, 'plinth.db'), { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    return tables.flatMap(({ name }) => {
      const table = String(name)
      return database
        .prepare(`SELECT * FROM "${table}"`)
        .all()
        .map((row) => rawRow(table, row))
    })
  } finally {
    database.close()
  }
}

/** Everybody of whom there is a row, but for audit trails. */
export function tenantsOf(folder: string): string[] {
  const rows = rawRows(folder).filter(({ collection }) => !collection.startsWith('audit-'))
  return [...new Set(rows.map(({ tenant }) => tenant))].filter((tenant) => tenant !== '').sort()
}

function rawRow(table: string, row: Readonly<Record<string, unknown>>): RawRow {
  const [tenant = '', collection = ''] =
    table === 'record' ? String(row.key).split('\x1f') : [String(row.tenant ?? ''), String(row.type ?? row.queue ?? '')]
  const text = Object.values(row)
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
    .join('\n')
  return { table, tenant, collection, text }
}
