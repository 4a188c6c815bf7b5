import { expect } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { canonicalJson, type JsonObject } from '../../src/json.ts'
import type { Row, StateStore } from '../../src/ports/state-store.ts'
import { AuditBench, type AuditProcess } from './audit-bench.ts'

export interface Trail extends AuditProcess {
  readonly bench: AuditBench
}

/** A trail of four blocks of three entries, and three that wait; and another tenant's of the same form. */
export async function openTrail(): Promise<Trail> {
  const bench = await AuditBench.open()
  const process = bench.process()
  for (let block = 0; block < 4; block++) {
    for (const tenant of ['beta', 'alpha']) {
      await process.act({ key_id: 'key_1', detail: { tokens: block } }, tenant)
      await process.acts(2, tenant)
      await process.sealer.seal(tenant)
    }
  }
  await process.acts(3)
  expect(await process.verify()).toEqual({ valid: true, entries: 12, pending: 3, anchored: 4, faults: [] })
  return { ...process, bench }
}

export const at = (rows: readonly Row[], index: number): Row => {
  const row = rows.at(index)
  if (!row) throw new Error('There is no such row.')
  return row
}
export const block = async ({ bench }: Trail, sequence: number): Promise<Row> => at(await bench.blocks(), sequence - 1)
export const entriesOf = (row: Row): JsonObject[] => row.index.entries as JsonObject[]

/** The block with other content, and the hash that anyone can compute for it. */
export function rehashed(row: Row, change: JsonObject): Row {
  const { hash: _, mac, ...content } = { ...row.index, ...change }
  return {
    ...row,
    index: { ...content, hash: sha256(canonicalJson(['plinth audit block', content as JsonObject])), mac } as JsonObject,
  }
}

export const withEntries = (row: Row, entries: readonly JsonObject[]): Row => ({ ...row, index: { ...row.index, entries } })

/** Takes the chain back to where it ended with a block: blocks, and the row of the head as it was then. */
export async function truncate({ bench }: Trail, sequence: number, head: Row | undefined): Promise<void> {
  for (const row of (await bench.blocks()).slice(sequence)) await bench.write({ delete: row })
  if (head) await bench.write(head)
}

export async function removeAnchors({ bench }: Trail, newest: number, most = 1_000): Promise<void> {
  for (const name of (await bench.anchors()).slice(newest, newest + most)) await bench.objects.delete({ tenant: '_system', name })
}

/** A store of which the test says how a partition is read. */
export function readWith(
  bench: AuditBench,
  read: (rows: () => AsyncIterable<Row>, collection: string) => AsyncIterable<Row>,
): StateStore {
  return new Proxy(bench.memory.adapters.state, {
    get: (inner, name) => {
      if (name !== 'read') return (Reflect.get(inner, name) as (() => unknown) | undefined)?.bind(inner)
      return (...given: Parameters<StateStore['read']>) => read(() => bench.store.read(...given), given[1])
    },
  })
}
