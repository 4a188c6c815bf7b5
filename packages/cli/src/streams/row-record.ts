import { createHash } from 'node:crypto'
import { isObject } from '@plinth/core'
import type { Row } from './read-rows.ts'

/** A record as a server takes it. */
export interface NewRecord {
  readonly key: string
  readonly data: Readonly<Record<string, unknown>>
  readonly timestamp?: string
  readonly id: string
}

/** Which fields of a row are what. */
export interface FieldNames {
  readonly key?: string | undefined
  readonly timestamp?: string | undefined
  readonly id?: string | undefined
}

/** In words, why a row makes no record. */
export interface RowFault {
  readonly fault: string
}

const usual = { key: 'key', timestamp: 'timestamp', id: 'id' } as const

/**
 * A row as a record: its key, its time and its id by name, the other fields are the data. A row that is a record already, {key, data, …},
 * is taken as it is where no key is named.
 * @param source of the row, by which it is known again when it is sent twice.
 */
export function recordOf(row: Row, names: FieldNames, source: string): NewRecord | RowFault {
  if ('fault' in row) return { fault: row.fault }
  const { fields } = row
  if (names.key === undefined && isRecord(fields)) return { ...fields, id: idOf(fields.id, row, source) }
  const named = { ...usual, ...defined(names) }
  const data = { ...fields }
  const key = data[named.key]
  if (key === undefined || key === '')
    return { fault: `There is no field "${named.key}", which would be its key: --key names another.` }
  const given = data[named.timestamp]
  const timestamp = timeOf(given)
  if (given !== undefined && timestamp === undefined)
    return { fault: `"${String(given)}" in "${named.timestamp}" is no time. RFC 3339 is, such as 2026-01-31T12:00:00Z.` }
  if (names.timestamp !== undefined && given === undefined) return { fault: `There is no field "${named.timestamp}".` }
  const id = idOf(data[named.id], row, source)
  for (const name of Object.values(named)) delete data[name]
  return { key: String(key), data, ...(timestamp === undefined ? {} : { timestamp }), id }
}

function isRecord(fields: Readonly<Record<string, unknown>>): fields is NewRecord & Record<string, unknown> {
  const { key, data } = fields
  return typeof key === 'string' && isObject(data)
}

function defined(names: FieldNames): Partial<Record<keyof typeof usual, string>> {
  return Object.fromEntries(Object.entries(names).filter(([, name]) => name !== undefined))
}

/** The row's own, or one made of where it stands and what it says: so that a file that is sent again counts once. */
function idOf(own: unknown, row: { readonly line: number; readonly text: string }, source: string): string {
  if (own !== undefined && own !== '') return String(own)
  return createHash('sha256').update(`${source}\n${row.line}\n${row.text}`).digest('hex').slice(0, 24)
}

const withoutZone = /^(\d{4}-\d\d-\d\d)[ tT](\d\d:\d\d)(:\d\d(?:\.\d+)?)?$/
/** Before 1970 as after it. */
const secondsBelow = 1e11

/** RFC 3339; a date and time without a zone, which is UTC; or seconds or milliseconds since 1970. */
function timeOf(value: unknown): string | undefined {
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) {
    const [, date, minutes, seconds = ':00'] = withoutZone.exec(value.trim()) ?? []
    const text = date === undefined ? value.trim().replace(/^(\d{4}-\d\d-\d\d) /, '$1T') : `${date}T${minutes}${seconds}Z`
    return text === '' ? undefined : text
  }
  const since = Number(value)
  if ((typeof value !== 'number' && typeof value !== 'string') || !Number.isFinite(since)) return undefined
  const date = new Date(Math.abs(since) < secondsBelow ? since * 1_000 : since)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
