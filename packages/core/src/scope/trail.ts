import type { AuditWriter, PreparedEntry } from '../tenancy/audit/audit-writer.ts'
import type { AuditDetail, AuditFacts } from '../tenancy/audit/entry.ts'
import { namesInDetail } from '../tenancy/audit/names-in-detail.ts'

/** What a caller asked for, as the audit trail tells it: in the code's own words, never with content. */
export interface Action {
  /** Such as `POST /api/requests`. */
  readonly what: string
  /** Type and id, such as `requests/0198…`; what commits may say more exactly. */
  readonly resource: string
}

/** What a commit itself tells the trail. Who it is stands for: the caller, unless it says. */
export type Deed = Omit<AuditFacts, 'who' | 'key_id' | 'correlation_id'> & { readonly who?: string }

/** What the action that was asked for turned out to be. */
export interface ActionOutcome {
  /** What it is about, such as `requests/0198…`. */
  readonly resource?: string | undefined
  /** Of settings: the names of the fields that it changes. */
  readonly changed?: readonly string[] | undefined
}

/** Who acts on one tenant's data, and what is still to be told of it. */
export class Trail {
  readonly #writer: AuditWriter
  readonly #tenant: string
  readonly #by: Pick<AuditFacts, 'who' | 'key_id' | 'correlation_id'>
  #action: Action | undefined
  #detail: AuditDetail | undefined

  constructor(parts: {
    readonly writer: AuditWriter
    readonly tenant: string
    readonly by: Pick<AuditFacts, 'who' | 'key_id' | 'correlation_id'>
    readonly action?: Action | undefined
  }) {
    this.#writer = parts.writer
    this.#tenant = parts.tenant
    this.#by = parts.by
    this.#action = parts.action
  }

  /**
   * The entry for a commit: of its own deed, else of the action that was asked for, once. A refusal that isn't the first of its kind in
   * this minute gets none.
   */
  async entry(deed: Deed | undefined, { resource, changed = [] }: ActionOutcome): Promise<PreparedEntry | undefined> {
    if (deed) {
      const facts = { ...this.#by, ...deed }
      if (deed.decision === 'allowed') return this.#writer.prepare(this.#tenant, facts)
      return this.#writer.prepareRefusal(this.#tenant, facts)
    }
    const action = this.#action
    if (!action) return undefined
    const detail = changed.length === 0 ? undefined : namesInDetail(changed)
    const facts = { ...this.#by, what: action.what, resource: resource ?? action.resource, decision: 'allowed', detail }
    const prepared = await this.#writer.prepare(this.#tenant, facts)
    const kept = (): void => {
      this.#action = undefined
      this.#detail = detail
      prepared.kept()
    }
    return { ...prepared, kept }
  }

  /** What was told of the action besides. */
  get detail(): AuditDetail | undefined {
    return this.#detail
  }

  /** Whether the action was asked for and isn't told yet. */
  get untold(): boolean {
    return this.#action !== undefined
  }
}
