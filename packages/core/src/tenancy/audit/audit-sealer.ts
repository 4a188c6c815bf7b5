import { ConflictError } from '../../errors.ts'
import { faultOf, type Log } from '../../log.ts'
import type { Row, Write } from '../../ports/state-store.ts'
import type { Operator } from '../../scope/operator.ts'
import { TenantRegistry } from '../registry.ts'
import { systemTenant } from '../tenant.ts'
import { Anchors } from './anchors.ts'
import type { AuditKeys } from './audit-keys.ts'
import { blockKey, headKey, newRow, readBlocks, readHead, readPending, sequenceOf } from './audit-rows.ts'
import {
  blockEntries,
  type ChainHead,
  emptyChain,
  isBlockAuthentic,
  makeBlock,
  parseBlock,
  signHead,
  trustedHead,
} from './block.ts'
import { isAuthentic } from './entry.ts'
import { remember } from './remember.ts'
import { markTrail } from './trail-marks.ts'

const cached = 10_000
/** So often it looks again when somebody else was faster each time. */
const tries = 8

interface SealOptions {
  readonly signal?: AbortSignal
  readonly most?: number
}

/** Where a trail goes on. */
interface Continuation {
  /** The last block that is known to be true. */
  readonly head: ChainHead
  /** Of the next block. */
  readonly sequence: number
  /** Of the row of the head. */
  readonly version: number | 'absent'
}

/**
 * Seals what waits into the chain of its tenant, and anchors the chain's head outside the database. Any number may work at once:
 * of two that seal the same, one wins and the other looks again.
 *
 * The head before a block is anchored before the block is committed, so the newest anchor is at most one block behind, and never
 * ahead. When it is ahead, blocks were removed from the database: the chain goes on behind the anchor, and the gap stays for all to see
 * (or is filled again from a backup or export). What was tampered with before it was sealed, is sealed as it is, for the same reason.
 */
export class AuditSealer {
  readonly #operator: Operator
  readonly #keys: AuditKeys
  readonly #anchors: Anchors
  readonly #registry: TenantRegistry
  readonly #log: Log
  /** Where this process left each trail: while the row says so too, nothing else needs to be asked. */
  readonly #left = new Map<string, ChainHead>()
  /** Which trails this process knows to be marked with their beginning, or not to have begun when it looked. */
  readonly #marked = new Map<string, boolean>()

  constructor(parts: { readonly operator: Operator; readonly keys: AuditKeys; readonly log: Log }) {
    this.#operator = parts.operator
    this.#keys = parts.keys
    this.#log = parts.log
    this.#anchors = new Anchors(parts.operator)
    this.#registry = new TenantRegistry(parts.operator)
  }

  /**
   * Seals all that waits now, and what comes meanwhile.
   * @param options.signal ends it after the block at hand. @param options.most ends it behind so many entries, about: the rest waits.
   * @returns how many entries. @throws what the stores throw; then some may be sealed.
   */
  async seal(tenant: string, { signal, most = Number.POSITIVE_INFINITY }: SealOptions = {}): Promise<number> {
    let entries = 0
    for (let fruitless = 0; ; ) {
      const before = entries
      try {
        for await (const rows of this.#waiting(tenant)) {
          await this.#sealBlock(tenant, rows)
          entries += rows.length
          if (signal?.aborted || entries >= most) break
        }
        return entries
      } catch (error) {
        fruitless = entries > before ? 1 : fruitless + 1
        if (!(error instanceof ConflictError) || fruitless === tries) throw error
      }
    }
  }

  /**
   * Seals what waits, for every tenant and the system. A tenant that fails doesn't hold up the others.
   * @param options of each tenant; the signal ends all of it.
   * @returns how many entries, how many tenants failed, and for which there is more, or may be.
   */
  async sealAll(
    options: SealOptions = {},
  ): Promise<{ readonly entries: number; readonly failed: number; readonly left: readonly string[] }> {
    let [entries, failed] = [0, 0]
    const left: string[] = []
    const { most = Number.POSITIVE_INFINITY } = options
    for (const tenant of [systemTenant, ...(await this.#registry.ids())]) {
      if (options.signal?.aborted) break
      try {
        if (await this.#isWaiting(tenant)) {
          const sealed = await this.seal(tenant, options)
          entries += sealed
          if (sealed >= most) left.push(tenant)
          // It may have been sealed before there were marks.
        } else if (!this.#marked.has(tenant)) await this.#mark(tenant)
      } catch (error) {
        failed++
        this.#log.error({ tenant, error: faultOf(error) }, 'An audit trail could not be sealed; its entries wait.')
      }
    }
    return { entries, failed, left }
  }

  async #sealBlock(tenant: string, rows: readonly Row[]): Promise<void> {
    const { store, clock } = this.#operator
    const key = await this.#keys.of(tenant)
    const { head, sequence, version } = await this.#continuation(key, tenant)
    // Also before the first block: when there are blocks and no anchor at all, it was removed.
    if (rows.length > 0 || head.sequence > 0) await this.#anchors.put(key, tenant, head)
    if (rows.length === 0) return
    const block = makeBlock({ tenant, head, sequence, rows, at: clock.now(), key })
    const next = { sequence, hash: block.hash, total: block.total }
    const writes: Write[] = [
      { put: newRow(blockKey(tenant, sequence), block), ifVersion: 'absent' },
      { put: newRow(headKey(tenant), signHead(key, tenant, next)), ifVersion: version },
      ...rows.map((row): Write => ({ delete: row, ifVersion: row.version })),
    ]
    this.#left.delete(tenant)
    await store.commit({ writes })
    remember(this.#left, tenant, next, cached)
    this.#tellOfEdited(key, tenant, rows)
    await this.#mark(tenant)
    await this.#anchors.put(key, tenant, next)
  }

  async #mark(tenant: string): Promise<void> {
    if (this.#marked.get(tenant)) return
    remember(this.#marked, tenant, await markTrail(this.#operator.store, this.#keys, tenant), cached)
  }

  /** What waits, a block's worth at a time; the last may be empty. */
  async *#waiting(tenant: string): AsyncGenerator<readonly Row[]> {
    let rows: Row[] = []
    for await (const row of readPending(this.#operator.store, tenant)) {
      rows.push(row)
      if (rows.length < blockEntries) continue
      yield rows
      rows = []
    }
    yield rows
  }

  async #isWaiting(tenant: string): Promise<boolean> {
    for await (const _ of readPending(this.#operator.store, tenant)) return true
    return false
  }

  /** Behind the head of the row, unless an anchor or blocks behind it show that it was set back. */
  async #continuation(key: Uint8Array, tenant: string): Promise<Continuation> {
    const { store } = this.#operator
    const left = this.#left.get(tenant)
    const row = await readHead(store, tenant)
    const told = trustedHead(key, tenant, row?.found)
    if (told && row && left?.sequence === told.sequence && left.hash === told.hash) {
      return { head: told, sequence: told.sequence + 1, version: row.version }
    }
    // The row once more, after the anchors: then none of them can be ahead of it for the reason that somebody sealed meanwhile.
    const anchors = await this.#anchors.newest(key, tenant)
    const later = await readHead(store, tenant)
    const from = trustedHead(key, tenant, later?.found) ?? emptyChain
    let head = from
    for (const anchor of anchors) if (anchor.head && anchor.head.sequence > head.sequence) head = anchor.head
    if (head !== from) this.#log.error({ tenant, sequence: head.sequence }, 'An audit trail ends before its anchor.')
    return { ...(await this.#behindBlocks(key, tenant, head)), version: later?.version ?? 'absent' }
  }

  /** A place that is taken can't be sealed into: by a block, when the head was set back; by something else, when it was put there. */
  async #behindBlocks(key: Uint8Array, tenant: string, from: ChainHead): Promise<Omit<Continuation, 'version'>> {
    let [head, sequence] = [from, from.sequence + 1]
    for await (const row of readBlocks(this.#operator.store, tenant, from.sequence)) {
      if (sequenceOf(row.sort) !== sequence) break
      const block = parseBlock(row.index)
      const linked = block?.sequence === sequence && block.previous === head.hash && isBlockAuthentic(key, tenant, block)
      if (linked) head = { sequence, hash: block.hash, total: block.total }
      else this.#log.error({ tenant, sequence }, 'Where the next block of an audit trail belongs, there is something else.')
      sequence++
    }
    return { head, sequence }
  }

  #tellOfEdited(key: Uint8Array, tenant: string, rows: readonly Row[]): void {
    const edited = rows.filter(({ sort, index }) => !isAuthentic(key, tenant, index) || index.entry_id !== sort)
    if (edited.length > 0)
      this.#log.error({ tenant, entries: edited.length }, 'Audit entries were changed before they were sealed.')
  }
}
