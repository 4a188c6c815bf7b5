/**
 * Records as they lie in a log, several in an entry: JSON `{"v": 1, "records": [[key, timestamp, data, id?], …]}`. One parse reads an
 * entry; nothing in it is trusted before it was looked at one by one, so that a bad record is no more than a bad record.
 * @module
 */
import { TooLargeError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { recordLimits, type StreamRecord } from './record.ts'

/** Most bytes of one entry, and most records. */
export const entryBytes: number = 256 * 1024
const entryRecords = 10_000
const version = 1

type PackedRecord = readonly [key: string, timestamp: number, data: JsonObject, id?: string]

/** Why something in an entry can't be taken; a stable code. */
type EntryFault = 'unreadable_entry' | 'newer_entry' | 'invalid_record' | 'processing_failed'

/** One that can't be read, by its place in the entry, as text. */
export interface BadRecord {
  readonly fault: EntryFault
  readonly text: string
}

/** @throws TooLargeError above {@link entryBytes} or {@link entryRecords}. */
export function packEntry(records: readonly StreamRecord[]): Uint8Array {
  const packed: PackedRecord[] = []
  for (const { key, timestamp, data, id } of records)
    packed.push(id === undefined ? [key, timestamp, data] : [key, timestamp, data, id])
  const bytes = encoder.encode(JSON.stringify({ v: version, records: packed }))
  if (bytes.byteLength > entryBytes || packed.length > entryRecords)
    throw new TooLargeError(`An entry holds at most ${entryBytes} bytes and ${entryRecords} records.`)
  return bytes
}

/** The records of an entry, in order, and in place of each that can't be read why not. An entry that can't be read is one bad record. */
export function unpackEntry(data: Uint8Array): readonly (StreamRecord | BadRecord)[] {
  let text = ''
  let entry: unknown
  try {
    text = decoder.decode(data)
    entry = JSON.parse(text)
  } catch {
    return [{ fault: 'unreadable_entry', text }]
  }
  if (typeof entry !== 'object' || entry === null || !('v' in entry)) return [{ fault: 'unreadable_entry', text }]
  if (entry.v !== version) return [{ fault: 'newer_entry', text }]
  const records = (entry as { readonly records?: unknown }).records
  if (!Array.isArray(records)) return [{ fault: 'unreadable_entry', text }]
  return records.map(readPacked)
}

export function isBad(record: StreamRecord | BadRecord): record is BadRecord {
  return 'fault' in record
}

function readPacked(packed: unknown): StreamRecord | BadRecord {
  if (!Array.isArray(packed)) return bad(packed)
  const [key, timestamp, data, id] = packed as readonly unknown[]
  if (typeof key !== 'string' || key === '' || key.length > recordLimits.key) return bad(packed)
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp)) return bad(packed)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return bad(packed)
  if (id === undefined) return { key, timestamp, data: data as JsonObject }
  return typeof id === 'string' ? { key, timestamp, data: data as JsonObject, id } : bad(packed)
}

function bad(packed: unknown): BadRecord {
  return { fault: 'invalid_record', text: JSON.stringify(packed) }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
