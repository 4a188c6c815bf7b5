import { PlinthError } from '../../errors.ts'
import { sleep } from '../../ports/clock.ts'
import type { Row } from '../../ports/state-store.ts'
import type { Operator } from '../../scope/operator.ts'
import { Anchors, type FoundAnchor } from './anchors.ts'
import type { AuditKeys } from './audit-keys.ts'
import { readBlocks, readHead, readPending, sequenceOf } from './audit-rows.ts'
import { type AuditVerdict, verdictOf } from './audit-verdict.ts'
import { type ChainHead, parseBlock, trustedHead } from './block.ts'
import { ChainCheck } from './chain-check.ts'
import { idOf, isAuthentic } from './entry.ts'
import { readMark } from './trail-marks.ts'

/** Others get a turn after so many entries that wait, and after as much work with blocks. */
const entriesInOneGo = 512
const entriesOfBlock = 32

export interface AuditParts {
  readonly operator: Pick<Operator, 'store' | 'objects' | 'clock'>
  readonly keys: AuditKeys
  readonly tenant: string
}

/**
 * Looks at a tenant's whole trail: every block and entry, the head, the anchors, what waits. Sealing may go on meanwhile.
 *
 * A trail of which nothing is left is told from one that has not begun by the mark of its first block among the system's rows.
 *
 * What it can't see: the removal of the last entries of a process before any of its later ones; and the removal of the last blocks
 * together with their anchors, by somebody who may write the database and the objects, when the objects aren't locked; nor that of all
 * of them, by somebody who removes the mark, too.
 *
 * @throws what the stores throw when they don't answer.
 */
export async function verifyAudit(parts: AuditParts): Promise<AuditVerdict> {
  const { keys, tenant, operator } = parts
  const key = await keys.of(tenant)
  // Of each pair, what may lag is read first: so none can be behind for the reason that it grew meanwhile.
  const mark = await readMark(operator.store, key, tenant)
  const head = await readHead(operator.store, tenant)
  const anchors = await new Anchors(operator).newest(key, tenant)
  return new Verification(parts, { key, head: trustedHead(key, tenant, head?.found), anchors, mark }).run(head !== undefined)
}

class Verification {
  readonly #parts: AuditParts
  readonly #key: Uint8Array
  readonly #head: ChainHead | undefined
  readonly #anchors: readonly FoundAnchor[]
  readonly #mark: { readonly first: ChainHead | undefined } | undefined
  readonly #check: ChainCheck
  /** Something lies among the blocks under a name that none can have. */
  #odd = false
  /** What went by since others had a turn. */
  #inOneGo = 0

  constructor(
    parts: AuditParts,
    found: {
      readonly key: Uint8Array
      readonly head: ChainHead | undefined
      readonly anchors: readonly FoundAnchor[]
      readonly mark: { readonly first: ChainHead | undefined } | undefined
    },
  ) {
    const { key, head, anchors, mark } = found
    this.#parts = parts
    this.#key = key
    this.#head = head
    this.#anchors = anchors
    this.#mark = mark
    const heads = [...anchors.map((anchor) => anchor.head), head, mark?.first].filter((one) => one !== undefined)
    this.#check = new ChainCheck({ tenant: parts.tenant, key, heads })
  }

  async run(headFound: boolean): Promise<AuditVerdict> {
    const check = this.#check
    let whole = (await this.#claims()) && (await this.#blocks())
    check.hearsClaims = false
    // What was sealed while the rest was read lies in the blocks that came meanwhile.
    whole = whole && (await this.#waiting()) && (await this.#blocks())
    if (this.#odd) check.fault('forged')
    if (whole) {
      await this.#ends(headFound)
      if (check.ledger.late.size > 0) await this.#lookAgain()
      if (this.#mark && check.sequence === 0 && check.faults.length === 0) check.fault('trail_missing')
      check.end()
    }
    const anchored = Math.max(0, ...this.#anchors.map((anchor) => anchor.head?.sequence ?? 0))
    return verdictOf({ entries: check.entries, pending: check.waiting.size, anchored, faults: check.faults })
  }

  /** What those that wait say of others, before any is counted: what is written later isn't counted, so it must not be heard. */
  #claims(): Promise<boolean> {
    const { operator, tenant } = this.#parts
    return this.#each(readPending(operator.store, tenant), 1, ({ index }) => {
      if (isAuthentic(this.#key, tenant, index)) this.#check.ledger.claim(index)
    })
  }

  #blocks(): Promise<boolean> {
    const { operator, tenant } = this.#parts
    return this.#each(readBlocks(operator.store, tenant, this.#check.sequence), entriesOfBlock, (row) => {
      const sequence = sequenceOf(row.sort)
      if (sequence === undefined) this.#odd = true
      else this.#check.block(sequence, row.expires === undefined ? row.index : undefined)
    })
  }

  #waiting(): Promise<boolean> {
    const { operator, tenant } = this.#parts
    return this.#each(readPending(operator.store, tenant), 1, ({ sort, index, expires }) => {
      if (index?.entry_id !== sort || expires !== undefined || !this.#check.entry(index)) {
        this.#check.fault('pending_edited', { entry_id: sort })
      }
      this.#check.waiting.add(sort)
    })
  }

  /** Whether the chain ends where head and anchors say. */
  async #ends(headFound: boolean): Promise<void> {
    const { operator, tenant } = this.#parts
    const check = this.#check
    const told = [this.#head, ...this.#anchors.map((anchor) => anchor.head)].map((head) => head?.sequence ?? 0)
    if (Math.max(0, ...told) > check.sequence) check.fault('truncated', { sequence: check.sequence + 1 })
    const now = trustedHead(this.#key, tenant, (await readHead(operator.store, tenant))?.found)
    const markEdited = this.#mark !== undefined && !this.#mark.first
    if (markEdited || (headFound && !this.#head) || (now?.sequence ?? 0) < check.sequence) check.fault('head_edited')
    if (this.#anchors.some((anchor) => !anchor.head)) check.fault('anchor_edited')
    const newest = Math.max(-1, ...this.#anchors.map((anchor) => anchor.head?.sequence ?? -1))
    if (this.#head && newest < this.#head.sequence - 1) check.fault('anchor_missing', { sequence: this.#head.sequence - 1 })
  }

  /** Counts the entries that came late, in all the blocks that were looked at. */
  async #lookAgain(): Promise<void> {
    const { operator, tenant } = this.#parts
    const check = this.#check
    const found = new Map<string, number>()
    await this.#each(readBlocks(operator.store, tenant, 0), entriesOfBlock, ({ sort, index }) => {
      const block = (sequenceOf(sort) ?? Number.POSITIVE_INFINITY) <= check.sequence ? parseBlock(index) : undefined
      for (const entry of block?.entries ?? []) {
        const id = idOf(entry)
        if (!check.ledger.late.has(id) || !isAuthentic(this.#key, tenant, entry)) continue
        const times = (found.get(id) ?? (check.waiting.has(id) ? 1 : 0)) + 1
        found.set(id, times)
        if (times === 2) check.fault('duplicated', { sequence: Number(sort), entry_id: id })
      }
    })
  }

  /** @returns false when a row couldn't be read. */
  async #each(rows: AsyncIterable<Row>, weight: number, look: (row: Row) => void): Promise<boolean> {
    const found = rows[Symbol.asyncIterator]()
    for (;;) {
      const next = await found.next().catch((error: unknown) => {
        if (PlinthError.is(error)) throw error
        return undefined
      })
      if (!next) this.#check.fault('unreadable')
      if (!next || next.done) return next !== undefined
      look(next.value)
      this.#inOneGo += weight
      if (this.#inOneGo < entriesInOneGo) continue
      this.#inOneGo = 0
      await sleep(this.#parts.operator.clock, 0)
    }
  }
}
