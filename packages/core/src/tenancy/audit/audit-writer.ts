import { uuid } from '../../ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RecordWrite } from '../../scope/state.ts'
import type { AuditKeys } from './audit-keys.ts'
import { type AuditFacts, auditWrite, makeEntry } from './entry.ts'
import { remember } from './remember.ts'
import { RepeatedRefusals } from './repeated-refusals.ts'

/** One process as a writer of one tenant's entries. */
interface Pen {
  readonly writer: string
  /** How many entries surely are in the store. */
  written: number
}

const remembered = 10_000

export interface PreparedEntry {
  /** Belongs into the commit that does what the entry tells of. */
  readonly write: RecordWrite
  /** To be called when that commit has succeeded, and only then: from then on the entry would be missed. */
  kept(): void
}

/** Makes the entries of one process. */
export class AuditWriter {
  readonly #keys: AuditKeys
  readonly #clock: Clock
  readonly #region: string
  readonly #onKept: (tenant: string) => void
  readonly #pens = new Map<string, Pen>()
  readonly #refusals: RepeatedRefusals

  /** @param parts.onKept told of each entry that was committed; whoever seals listens. */
  constructor(parts: {
    readonly keys: AuditKeys
    readonly clock: Clock
    readonly region: string
    readonly onKept?: (tenant: string) => void
  }) {
    this.#keys = parts.keys
    this.#clock = parts.clock
    this.#region = parts.region
    this.#onKept = parts.onKept ?? (() => {})
    this.#refusals = new RepeatedRefusals(parts.clock)
  }

  /**
   * The entry of a refusal, where it is the first of its kind in this minute ({@link RepeatedRefusals}); its detail says with `repeated`
   * how many since the entry before have none of their own.
   */
  async prepareRefusal(tenant: string, facts: AuditFacts): Promise<PreparedEntry | undefined> {
    const first = this.#refusals.first(tenant, facts)
    if (!first) return undefined
    const { repeated } = first
    const detail = repeated === 0 ? facts.detail : { ...facts.detail, repeated }
    const prepared = await this.prepare(tenant, { ...facts, detail })
    const kept = (): void => {
      first.kept()
      prepared.kept()
    }
    return { ...prepared, kept }
  }

  async prepare(tenant: string, facts: AuditFacts): Promise<PreparedEntry> {
    const key = await this.#keys.of(tenant)
    const pen = this.#pen(tenant)
    const { writer, written } = pen
    const entry = makeEntry({ tenant, facts, region: this.#region, writer, written, key, clock: this.#clock })
    return {
      write: auditWrite(entry),
      kept: () => {
        pen.written++
        this.#onKept(tenant)
      },
    }
  }

  #pen(tenant: string): Pen {
    const known = this.#pens.get(tenant)
    if (known) return known
    const pen = { writer: uuid(this.#clock).slice(-12), written: 0 }
    // Who is forgotten, and comes back, writes as somebody new.
    remember(this.#pens, tenant, pen, remembered)
    return pen
  }
}
