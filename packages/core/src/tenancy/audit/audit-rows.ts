/**
 * Where a trail lies in the StateStore. It is read raw: what somebody tampered with must be seen as it is, not stop the reader.
 * @module
 */
import type { JsonObject } from '../../json.ts'
import type { Key, NewRow, Row, StateStore } from '../../ports/state-store.ts'
import { auditBlocks, auditHeads } from './block.ts'
import { auditEntries, pendingPartition } from './entry.ts'

const blocksPartition = 'blocks'
const sequenceDigits = 12

export function blockKey(tenant: string, sequence: number): Key {
  return { tenant, collection: auditBlocks.name, partition: blocksPartition, sort: sequenceText(sequence) }
}

export function headKey(tenant: string): Key {
  return { tenant, collection: auditHeads.name, partition: 'head', sort: '@' }
}

export function newRow(key: Key, fields: object): NewRow {
  return { ...key, schema: 1, index: fields as JsonObject, sealed: {}, lists: [] }
}

/** Blocks with a higher sequence, in order, together with whatever else lies there. */
export function readBlocks(store: StateStore, tenant: string, after: number): AsyncIterable<Row> {
  return store.read(tenant, auditBlocks.name, blocksPartition, after === 0 ? undefined : sequenceText(after))
}

/** What waits to be sealed, oldest first. */
export function readPending(store: StateStore, tenant: string): AsyncIterable<Row> {
  return store.read(tenant, auditEntries.name, pendingPartition)
}

/** @returns undefined when no block can have that name. */
export function sequenceOf(sort: string): number | undefined {
  return /^\d{12}$/.test(sort) && Number(sort) > 0 ? Number(sort) : undefined
}

/** The head as it lies there, true or not. */
export async function readHead(store: StateStore, tenant: string): Promise<{ found: unknown; version: number } | undefined> {
  const row = await store.get(headKey(tenant))
  return row && { found: row.expires === undefined ? row.index : undefined, version: row.version }
}

function sequenceText(sequence: number): string {
  return sequence.toString().padStart(sequenceDigits, '0')
}
