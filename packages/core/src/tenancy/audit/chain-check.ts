import type { JsonObject } from '../../json.ts'
import { type AuditFault, type AuditFaultKind, faultsShown } from './audit-verdict.ts'
import { type AuditBlock, blockHash, type ChainHead, emptyChain, isBlockAuthentic, parseBlock } from './block.ts'
import { idOf, isAuthentic } from './entry.ts'
import { EntryLedger } from './entry-ledger.ts'

/** Of the block that went by last: what it was, when it was a good one. */
interface Last {
  readonly sequence: number
  readonly good: ChainHead | undefined
}

/** Looks at the blocks of one trail as they go by, in order of where they lie. */
export class ChainCheck {
  readonly ledger: EntryLedger = new EntryLedger()
  readonly faults: AuditFault[] = []
  /** The ids of the entries that wait, as far as they were seen and not sealed since. */
  readonly waiting: Set<string> = new Set()
  /** How many entries went by in blocks. */
  entries = 0
  /** Whether what entries say of those before them is heard. It must not be, once some of those may have been passed by. */
  hearsClaims = true
  readonly tenant: string
  readonly #key: Uint8Array | undefined
  readonly #heads: readonly ChainHead[]
  #last: Last = { sequence: 0, good: emptyChain }

  /**
   * @param parts.key absent: hashes and order are looked at, not who made them.
   * @param parts.heads what the blocks of their sequence must be.
   */
  constructor(parts: {
    readonly tenant: string
    readonly key?: Uint8Array
    readonly heads?: readonly ChainHead[]
  }) {
    this.tenant = parts.tenant
    this.#key = parts.key
    this.#heads = parts.heads ?? []
  }

  /** Where the last block lay. */
  get sequence(): number {
    return this.#last.sequence
  }

  /** Where the chain ends, unless there is a fault right there. */
  get head(): ChainHead | undefined {
    return this.#last.good
  }

  fault(kind: AuditFaultKind, place: Omit<AuditFault, 'kind'> = {}): void {
    if (this.faults.length < faultsShown) this.faults.push({ kind, ...place })
  }

  /** The next block. @param sequence where it lies, above that of the one before. */
  block(sequence: number, found: unknown): void {
    if (sequence > this.#last.sequence + 1) {
      this.fault('deleted', { sequence: this.#last.sequence + 1 })
      this.#last = { sequence: sequence - 1, good: undefined }
    }
    const block = parseBlock(found)
    const wrong = block ? this.#wrong(sequence, block) : 'edited'
    if (wrong) this.fault(wrong, { sequence })
    if (block) this.#entriesOf(sequence, block, wrong === undefined)
    this.#last = { sequence, good: block && !wrong ? { sequence, hash: block.hash, total: block.total } : undefined }
  }

  /** An entry, wherever it lies. @returns whether it was written by us, and like that. */
  entry(entry: JsonObject, place: Omit<AuditFault, 'kind'> = {}): boolean {
    const id = idOf(entry)
    const moved = this.waiting.delete(id)
    if (this.#key && !isAuthentic(this.#key, this.tenant, entry)) return false
    // Counted while it waited, and sealed since.
    if (moved) return true
    if (!this.ledger.see(id)) this.fault('duplicated', { ...place, entry_id: id })
    this.ledger.count(entry)
    return true
  }

  /** All went by. */
  end(): void {
    // When blocks or entries are known to be gone, that is why.
    if (this.faults.length === 0 && this.ledger.missing > 0) this.fault('entry_missing')
  }

  #wrong(sequence: number, block: AuditBlock): AuditFaultKind | undefined {
    if (blockHash(block) !== block.hash) return this.#change(block)
    if (block.tenant_id !== this.tenant) return 'foreign'
    if (this.#key && !isBlockAuthentic(this.#key, this.tenant, block)) return 'forged'
    if (block.sequence !== sequence) return 'reordered'
    const { good } = this.#last
    if (good && (good.hash !== block.previous || good.total + block.entries.length !== block.total)) return 'forked'
    return this.#heads.some((head) => head.sequence === sequence && head.hash !== block.hash) ? 'forked' : undefined
  }

  /** What was done to a block whose hash is wrong, as far as one can see. */
  #change(block: AuditBlock): AuditFaultKind {
    const entries = block.entries.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1))
    if (blockHash({ ...block, entries }) === block.hash) return 'reordered'
    const { good } = this.#last
    return good && good.total + entries.length < block.total ? 'deleted' : 'edited'
  }

  #entriesOf(sequence: number, block: AuditBlock, good: boolean): void {
    this.entries += block.entries.length
    for (const entry of block.entries) {
      if (this.entry(entry, { sequence })) {
        if (this.hearsClaims) this.ledger.claim(entry)
      } else if (good) this.fault('pending_edited', { sequence, entry_id: idOf(entry) })
    }
  }
}
