import { PlinthError } from '../errors.ts'
import type { Log } from '../log.ts'
import { sleep, type Timer } from '../ports/clock.ts'
import { entryRetention } from '../ports/event-stream.ts'
import { eventRetention } from '../ports/operations.ts'
import type { Row } from '../ports/state-store.ts'
import type { Operator } from '../scope/operator.ts'
import { liesApart, sealedObjectOwner } from '../scope/sealing.ts'
import { removeTenantData } from '../tenancy/offboard.ts'
import { TenantRegistry } from '../tenancy/registry.ts'
import { systemTenant, type TenantSettings } from '../tenancy/tenant.ts'
import { VirtualKeys } from '../tenancy/virtual-keys.ts'

const tick = 60_000
/** Whoever writes meanwhile waits for one step of this. */
const rowsAtATime = 100
/** Others have so many times as long as a step took, before the next one; no step takes longer than this, but a clock that is set. */
const wayGiven = 2
const longestStep = 5_000
/** A spilled field is written before its record; only an object this old can be an orphan. */
const orphanAge = 3_600_000

/**
 * Once a minute: removes what has expired, events and entries of streams past their retention, tenants that left, and objects to which no
 * record refers. Everything it does is also right when it is done twice, or by two sweepers.
 */
export class Sweeper {
  readonly #operator: Operator
  readonly #registry: TenantRegistry
  readonly #log: Log
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  /** How far each tenant's objects were looked through, and when to the end: listing them costs something, orphans hardly do. */
  readonly #lookedThrough = new Map<string, string>()
  readonly #finished = new Map<string, number>()
  readonly #mayOpen: boolean
  #stopped = false
  readonly #ending = new AbortController()

  constructor(parts: {
    readonly operator: Operator
    readonly log: Log
    /** Whether it may use tenants' keys. Without them, objects of a record that has others are let lie. Default true. */
    readonly mayOpen?: boolean
  }) {
    this.#operator = parts.operator
    this.#mayOpen = parts.mayOpen ?? true
    this.#registry = new TenantRegistry(parts.operator)
    this.#log = parts.log
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#ending.abort()
    this.#timer?.cancel()
    await this.#running
  }

  /** One round. @returns how many it removed. */
  async sweep(): Promise<Readonly<Record<'rows' | 'events' | 'streamEntries' | 'objects', number>>> {
    const { operations, stream, clock } = this.#operator
    const rows = await this.#removeAll(() => operations.removeExpired(rowsAtATime))
    const events = await this.#removeAll(() => operations.trimEvents(clock.now() - eventRetention, rowsAtATime))
    const streamEntries = stream ? await this.#removeAll(() => stream.trim(clock.now() - entryRetention)) : 0
    const tenants = await this.#registry.all()
    await this.#removeLeft(tenants)
    return { rows, events, streamEntries, objects: await this.#removeOrphans(tenants) }
  }

  /**
   * Removes in steps until there is nothing, or it has to stop. Deleted rows lie all over a database: on a slow disk a hundred take a
   * tenth of a second, and however many there are, requests go before.
   */
  async #removeAll(step: () => Promise<number>): Promise<number> {
    const { clock } = this.#operator
    let all = 0
    while (!this.#stopped) {
      const began = clock.now()
      const removed = await step()
      if (removed === 0) break
      all += removed
      const took = clock.now() - began
      if (took > 0) await sleep(clock, Math.min(took, longestStep) * wayGiven, this.#ending.signal).catch(() => {})
    }
    return all
  }

  /** What is left of tenants that were offboarded. One that fails doesn't hold up the others. */
  async #removeLeft(tenants: readonly TenantSettings[]): Promise<void> {
    const parts = { operator: this.#operator, registry: this.#registry, keys: new VirtualKeys(this.#operator) }
    for (const settings of tenants) {
      if (this.#stopped) return
      if (!this.#operator.holds(settings)) continue
      try {
        if (await removeTenantData(parts, settings)) this.#log.info({ tenant_id: settings.tenant_id }, 'A tenant was removed.')
      } catch (error) {
        this.#log.error({ tenant_id: settings.tenant_id, error }, 'A tenant could not be removed and will be tried again.')
      }
    }
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = this.#operator.clock.setTimer(tick, () => {
      this.#running = this.sweep()
        .then((removed) => this.#log.debug(removed, 'Swept.'))
        .catch((error: unknown) => this.#log.error({ error }, 'Sweeping failed and will be tried again.'))
        .finally(() => this.#schedule())
    })
  }

  /** One page of objects a tenant a round, so that a round stays short however much there is; all of them once an hour. */
  async #removeOrphans(tenants: readonly TenantSettings[]): Promise<number> {
    let removed = 0
    for (const tenant of [systemTenant, ...tenants.map(({ tenant_id }) => tenant_id)])
      removed += await this.#removeOrphansOf(tenant)
    return removed
  }

  async #removeOrphansOf(tenant: string): Promise<number> {
    const { objects, store, clock } = this.#operator
    if (this.#stopped) return 0
    if (Math.abs(clock.now() - (this.#finished.get(tenant) ?? Number.NEGATIVE_INFINITY)) < orphanAge) return 0
    const after = this.#lookedThrough.get(tenant)
    const page = await objects.list({ tenant, prefix: 'sealed/', limit: 1_000, ...(after === undefined ? {} : { after }) })
    if (page.after === undefined) {
      this.#lookedThrough.delete(tenant)
      this.#finished.set(tenant, clock.now())
    } else this.#lookedThrough.set(tenant, page.after)
    let removed = 0
    for (const { name, modified } of page.items) {
      if (this.#stopped) break
      const owner = sealedObjectOwner(tenant, name)
      if (modified > clock.now() - orphanAge || !owner) continue
      const row = await store.get(owner)
      if (row && (await this.#mayReferTo(row, name))) continue
      await objects.delete({ tenant, name })
      removed++
    }
    return removed
  }

  async #mayReferTo(row: Row, name: string): Promise<boolean> {
    if (!Object.values(row.sealed).some(liesApart)) return false
    if (!this.#mayOpen) return true
    try {
      return (await this.#operator.objectsOfRow(row)).has(name)
    } catch (error) {
      // Nobody can read it now: a key that is disabled, say.
      if (PlinthError.is(error)) return true
      throw error
    }
  }
}
