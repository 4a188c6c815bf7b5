/**
 * What is wrong with a trail.
 * - `edited`: a block isn't what was sealed. `forged`: it is consistent, but none of ours. `foreign`: it is another tenant's.
 * - `deleted`: a block, or an entry of one, is gone. `truncated`: the last blocks are. `entry_missing`: entries that surely were
 *   written are neither sealed nor waiting.
 * - `reordered`: blocks, or the entries of one, changed places. `duplicated`: an entry is there twice. `forked`: a block is ours,
 *   but doesn't follow the one before, or isn't the one that was anchored, or that the trail began with.
 * - `pending_edited`: an entry isn't what was written, and was changed (or made) while it waited; also when it is sealed now.
 * - `trail_missing`: no block is left of a trail that had begun, nor an anchor outside the database.
 * - `head_edited`: the row of the head is gone, or changed, or set back; or the mark of the trail's beginning was changed.
 * - `anchor_missing`, `anchor_edited`: so with the anchors outside the database.
 * - `unreadable`: a row is no JSON any more; what is behind it couldn't be looked at.
 */
export type AuditFaultKind =
  | 'edited'
  | 'forged'
  | 'foreign'
  | 'deleted'
  | 'truncated'
  | 'entry_missing'
  | 'trail_missing'
  | 'reordered'
  | 'duplicated'
  | 'forked'
  | 'pending_edited'
  | 'head_edited'
  | 'anchor_missing'
  | 'anchor_edited'
  | 'unreadable'

export interface AuditFault {
  readonly kind: AuditFaultKind
  /** Of the block, where it is about one. */
  readonly sequence?: number
  readonly entry_id?: string
}

export interface AuditVerdict {
  readonly valid: boolean
  /** How many entries are sealed. */
  readonly entries: number
  /** How many wait. */
  readonly pending: number
  /** How many blocks are anchored outside the database; at most one behind the blocks that there are. */
  readonly anchored: number
  /** The first of {@link faults}. */
  readonly fault?: AuditFault
  /** At most {@link faultsShown}. */
  readonly faults: readonly AuditFault[]
}

export const faultsShown = 20

export function verdictOf(found: {
  readonly entries: number
  readonly pending: number
  readonly anchored: number
  readonly faults: readonly AuditFault[]
}): AuditVerdict {
  const [fault] = found.faults
  return { valid: !fault, ...found, ...(fault && { fault }) }
}
