/** A trail as lines of an export, and what can be checked of them by whoever has the file. @module */
import { z } from 'zod'
import type { JsonObject } from '../../json.ts'
import type { StateStore } from '../../ports/state-store.ts'
import { readBlocks, readPending, sequenceOf } from './audit-rows.ts'
import { type AuditVerdict, verdictOf } from './audit-verdict.ts'
import { type ChainHead, emptyChain, parseBlock } from './block.ts'
import { ChainCheck } from './chain-check.ts'
import { isEntryLike } from './entry.ts'

/** The head comes last: a file that was cut off has none. */
export type AuditLine =
  | { readonly kind: 'audit-block'; readonly tenant_id: string; readonly block: JsonObject }
  | { readonly kind: 'audit-pending'; readonly tenant_id: string; readonly entry: JsonObject }
  | ({ readonly kind: 'audit-head'; readonly tenant_id: string } & ChainHead)

/**
 * All of a tenant's trail. Sealing may go on meanwhile: an entry is then in a block, or waits, or shows as both.
 * What doesn't lie where it belongs is exported as it is; the check of the file finds it.
 */
export async function* exportAudit(parts: { readonly store: StateStore; readonly tenant: string }): AsyncGenerator<AuditLine> {
  const { store, tenant } = parts
  const about = { tenant_id: tenant }
  let head: ChainHead = emptyChain
  async function* blocks(): AsyncGenerator<AuditLine> {
    for await (const { sort, index } of readBlocks(store, tenant, head.sequence)) {
      if (sequenceOf(sort) === undefined) continue
      const block = parseBlock(index)
      head = { sequence: Number(sort), hash: block?.hash ?? '', total: block?.total ?? 0 }
      yield { kind: 'audit-block', ...about, block: index }
    }
  }
  yield* blocks()
  for await (const { index } of readPending(store, tenant)) yield { kind: 'audit-pending', ...about, entry: index }
  yield* blocks()
  yield { kind: 'audit-head', ...about, ...head }
}

const line = z.looseObject({ kind: z.enum(['audit-block', 'audit-pending', 'audit-head']), tenant_id: z.string() })
const headLine = z.object({ sequence: z.int().min(0), hash: z.string(), total: z.int().min(0) })

/**
 * Checks the lines of one tenant's export without any key: that each block has its hash, follows the one before, and that nothing
 * is missing up to the head. That the lines are ours, and all that waited are there, is for a signature over the file to tell:
 * hashes alone can be made by anyone. Lines that aren't of the trail are left alone.
 *
 * @param lines parsed.
 */
export async function verifyExportedAudit(lines: Iterable<unknown> | AsyncIterable<unknown>): Promise<AuditVerdict> {
  let check: ChainCheck | undefined
  let head: ChainHead | undefined
  for await (const found of lines) {
    const { data } = line.safeParse(found)
    if (!data) continue
    check ??= new ChainCheck({ tenant: data.tenant_id })
    if (data.tenant_id !== check.tenant || head) check.fault('foreign')
    else if (data.kind === 'audit-block') takeBlock(check, data.block)
    else if (data.kind === 'audit-head') head = headLine.safeParse(data).data
    else takeWaiting(check, data.entry)
  }
  if (!check) return verdictOf({ entries: 0, pending: 0, anchored: 0, faults: [{ kind: 'truncated' }] })
  if (head?.sequence !== check.sequence) check.fault('truncated', { sequence: check.sequence + 1 })
  else if (check.head && (check.head.hash !== head.hash || check.head.total !== head.total)) check.fault('head_edited')
  return verdictOf({ entries: check.entries, pending: check.waiting.size, anchored: 0, faults: check.faults })
}

/** Blocks come in their order; one that says it lies before is out of it. */
function takeBlock(check: ChainCheck, found: unknown): void {
  const sequence = parseBlock(found)?.sequence ?? check.sequence + 1
  if (sequence > check.sequence) check.block(sequence, found)
  else check.fault('reordered', { sequence })
}

function takeWaiting(check: ChainCheck, found: unknown): void {
  const id = isEntryLike(found) ? found.entry_id : undefined
  if (typeof id !== 'string' || check.waiting.has(id) || !isEntryLike(found) || !check.entry(found)) check.fault('pending_edited')
  else check.waiting.add(id)
}
