/**
 * Where a trail begins, as a signed row among the system's own, which is put once and never replaced: so a trail that was removed
 * altogether, anchors included, is told from one that has not begun, and a second beginning from the first. A tenant to which nothing
 * was done yet has neither entries nor a mark.
 * @module
 */
import { ConflictError } from '../../errors.ts'
import type { Key, StateStore } from '../../ports/state-store.ts'
import { systemTenant } from '../tenant.ts'
import type { AuditKeys } from './audit-keys.ts'
import { blockKey, newRow } from './audit-rows.ts'
import { type ChainHead, isBlockAuthentic, parseBlock, signHead, trustedHead } from './block.ts'

function markKey(tenant: string): Key {
  return { tenant: systemTenant, collection: 'trail-marks', partition: 'begun', sort: tenant }
}

/** The mark of a trail that has begun; `first` is its first block, unless the mark isn't ours. */
export async function readMark(
  store: StateStore,
  key: Uint8Array,
  tenant: string,
): Promise<{ readonly first: ChainHead | undefined } | undefined> {
  const row = await store.get(markKey(tenant))
  if (!row) return undefined
  const first = trustedHead(key, tenant, row.expires === undefined ? row.index : undefined)
  return { first: first?.sequence === 1 ? first : undefined }
}

/**
 * Marks where a trail begins, also one that was sealed before there were marks.
 * @returns whether it is marked now; false when there is no first block of ours.
 */
export async function markTrail(store: StateStore, keys: AuditKeys, tenant: string): Promise<boolean> {
  if (await store.get(markKey(tenant))) return true
  const block = parseBlock((await store.get(blockKey(tenant, 1)))?.index)
  if (!block) return false
  const key = await keys.of(tenant)
  if (block.sequence !== 1 || !isBlockAuthentic(key, tenant, block)) return false
  const mark = signHead(key, tenant, block)
  try {
    await store.commit({ writes: [{ put: newRow(markKey(tenant), mark), ifVersion: 'absent' }] })
  } catch (error) {
    // Somebody else was first.
    if (!(error instanceof ConflictError)) throw error
  }
  return true
}
