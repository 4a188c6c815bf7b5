import { deriveKey, hmac } from '../crypto.ts'
import { SealError } from '../errors.ts'
import { isFresh } from '../is-fresh.ts'
import type { Clock } from '../ports/clock.ts'
import type { EncryptionContext, KeyService } from '../ports/key-service.ts'
import type { Key, Row, StateStore } from '../ports/state-store.ts'
import { retryConflicts } from './retry-conflicts.ts'

/** The key that wraps the data keys of every tenant without a key of its own. */
export const pooledKeyAlias = 'alias/plinth-pooled-key'

/** The key of a tenant that has one of its own (R106). */
export function siloKeyAlias(tenant: string): string {
  return `alias/tenant-${tenant}-key`
}

/** One generation of a tenant's data key. */
export interface DataKey {
  readonly version: number
  readonly key: Uint8Array
}

interface Ring {
  readonly versions: ReadonlyMap<number, DataKey>
  readonly current: DataKey
  readonly lookupKey: Uint8Array
  readonly until: number
}

/** A data key in memory is asked of the KeyService again after this time, so that disabling its key takes effect. */
const cacheMilliseconds = 4 * 60_000
/** With random 96-bit nonces a key may seal 2^32 values; a new one long before that. */
const rotateMilliseconds = 90 * 24 * 3_600_000
const cachedTenants = 10_000
/** DynamoDB's point-in-time recovery reaches back so far: a key whose wrapped rows were removed can come back from it until then. */
const backupMilliseconds = 35 * 24 * 3_600_000
/** Of the rows: from schema 2 on the context names the field, too. */
const schema = 2

/** When a tenant's keys are gone, milliseconds UTC. */
export interface Destruction {
  /** No process can use them any more. */
  readonly unusableAt: number
  /** Nobody, the operator included, can bring them back, but from copies of the data that are older and were kept longer. */
  readonly irrecoverableAt: number
}

/**
 * Each tenant's data keys: made on first use, wrapped by the KeyService under the context {tenant_id, field_name} (R107), kept as
 * rows of the tenant, unwrapped into memory for minutes. So a field may have any size, and costs no call of the KeyService (X62).
 */
export class DataKeys {
  readonly #state: StateStore
  readonly #keys: KeyService
  readonly #clock: Clock
  readonly #aliasOf: (tenant: string) => Promise<string>
  readonly #rings = new Map<string, Promise<Ring>>()

  /** @param adapters.aliasOf the key that wraps a tenant's data keys from now on, or KeyUnusableError for one that left; absent: the pooled one. */
  constructor(adapters: {
    readonly state: StateStore
    readonly keys: KeyService
    readonly clock: Clock
    aliasOf?(tenant: string): Promise<string>
  }) {
    this.#aliasOf = async (tenant) => (await adapters.aliasOf?.(tenant)) ?? pooledKeyAlias
    this.#state = adapters.state
    this.#keys = adapters.keys
    this.#clock = adapters.clock
  }

  /** The key that seals now. @throws KeyUnusableError */
  async current(tenant: string): Promise<DataKey> {
    return (await this.#ring(tenant)).current
  }

  /** The key that sealed under a version. @throws SealError when there is none, KeyUnusableError. */
  async version(tenant: string, version: number): Promise<DataKey> {
    const found = (await this.#ring(tenant)).versions.get(version) ?? (await this.#reload(tenant)).versions.get(version)
    if (!found) throw new SealError()
    return found
  }

  /** A value's HMAC under the tenant's key, for equality on what must not be readable; base64url. */
  async lookup(tenant: string, purpose: string, value: string): Promise<string> {
    return hmac((await this.#ring(tenant)).lookupKey, `${purpose}\n${value}`)
  }

  /** Makes the key of a tenant's own before anything needs it, so that a missing permission shows now. @throws KeyUnusableError */
  async prepareOwn(tenant: string): Promise<void> {
    await this.#keys.ensure(siloKeyAlias(tenant))
  }

  /**
   * A new data key, and where the tenant has a key of its own, new material for that. What was sealed before still opens.
   * @throws KeyUnusableError
   */
  async rotate(tenant: string): Promise<void> {
    const alias = await this.#aliasOf(tenant)
    await this.#keys.ensure(alias)
    if (alias !== pooledKeyAlias) await this.#keys.rotate(alias)
    const before = (await this.#reload(tenant)).current.version
    await retryConflicts(async () => {
      // Of two who rotate at once, the other's new key is as good.
      if ((await this.#reload(tenant)).current.version === before) await this.#make(tenant, before + 1)
    })
    await this.#reload(tenant)
  }

  /** Wraps the tenant's data keys by the key that is now its own, or the pooled one; what they sealed stays as it is. */
  async rewrap(tenant: string): Promise<void> {
    const alias = await this.#aliasOf(tenant)
    await this.#keys.ensure(alias)
    await retryConflicts(async () => {
      for await (const row of this.#state.read(tenant, collection, collection)) {
        if (row.index.alias === alias) continue
        const wrapped = await this.#keys.wrap(alias, await this.#unwrap(tenant, row), dataKeyContext(tenant, schema))
        const pooled_until = row.index.alias === pooledKeyAlias ? this.#clock.now() : (row.index.pooled_until ?? 0)
        const again = { ...row, schema, index: { ...row.index, alias, pooled_until }, sealed: { key: wrapped } }
        await this.#state.commit({ writes: [{ put: again, ifVersion: row.version }] })
      }
    })
  }

  /** Destroys a tenant's keys: what they sealed, indexes and objects too, opens for nobody any more. May be done again. */
  async destroy(tenant: string): Promise<Destruction> {
    const now = this.#clock.now()
    // It may have had one of its own and gone back to the pool.
    const own = siloKeyAlias(tenant)
    let irrecoverableAt = (await this.#keys.describe(own)) ? (await this.#keys.destroy(own)).irrecoverableAt : 0
    await retryConflicts(async () => {
      for await (const row of this.#state.read(tenant, collection, collection)) {
        const pooledUntil = row.index.alias === pooledKeyAlias ? now : Number(row.index.pooled_until ?? 0)
        if (pooledUntil > 0) irrecoverableAt = Math.max(irrecoverableAt, pooledUntil + backupMilliseconds)
        await this.#state.commit({ writes: [{ delete: row, ifVersion: row.version }] })
      }
    })
    this.#rings.delete(tenant)
    const unusableAt = now + cacheMilliseconds
    // Where a process died in between, nobody knows any more how it was wrapped: the longer time then.
    return { unusableAt, irrecoverableAt: Math.max(unusableAt, irrecoverableAt || now + backupMilliseconds) }
  }

  async #ring(tenant: string): Promise<Ring> {
    const cached = this.#rings.get(tenant)
    if (!cached) return this.#reload(tenant)
    const ring = await cached
    if (isFresh(this.#clock, ring.until, cacheMilliseconds)) return ring
    // Of all who find it too old at the same time, the first loads it anew.
    const newer = this.#rings.get(tenant)
    return newer && newer !== cached ? newer : this.#reload(tenant)
  }

  #reload(tenant: string): Promise<Ring> {
    const loading = retryConflicts(() => this.#load(tenant))
    this.#rings.delete(tenant)
    this.#rings.set(tenant, loading)
    loading.catch(() => this.#rings.get(tenant) === loading && this.#rings.delete(tenant))
    const oldest = this.#rings.keys().next()
    if (this.#rings.size > cachedTenants && !oldest.done) this.#rings.delete(oldest.value)
    return loading
  }

  async #load(tenant: string): Promise<Ring> {
    const now = this.#clock.now()
    const versions = new Map<number, DataKey>()
    let newest = 0
    let made = Number.NEGATIVE_INFINITY
    for await (const row of this.#state.read(tenant, collection, collection)) {
      newest = Number(row.sort)
      made = Number(row.index.made)
      versions.set(newest, { version: newest, key: await this.#unwrap(tenant, row) })
    }
    let current = versions.get(newest)
    if (!current || made + rotateMilliseconds < now) {
      current = await this.#make(tenant, newest + 1)
      versions.set(current.version, current)
    }
    // Lookups must stay equal over rotations, so they hang on the first version.
    const first = versions.get(1) ?? current
    return { versions, current, lookupKey: deriveKey(first.key, 'plinth lookup'), until: now + cacheMilliseconds }
  }

  async #make(tenant: string, version: number): Promise<DataKey> {
    const alias = await this.#aliasOf(tenant)
    await this.#keys.ensure(alias)
    const key = this.#clock.randomBytes(32)
    const wrapped = await this.#keys.wrap(alias, key, dataKeyContext(tenant, schema))
    const row = {
      ...dataKeyRow(tenant, version),
      schema,
      index: { made: this.#clock.now(), alias },
      sealed: { key: wrapped },
      lists: [],
    }
    // When another process is first, its key is the key: loading again finds it.
    await this.#state.commit({ writes: [{ put: row, ifVersion: 'absent' }] })
    return { version, key }
  }

  #unwrap(tenant: string, row: Row): Promise<Uint8Array> {
    const wrapped = row.sealed.key
    if (!wrapped) throw new SealError()
    return this.#keys.unwrap(String(row.index.alias), wrapped, dataKeyContext(tenant, row.schema))
  }
}

const collection = 'data-keys'

/**
 * What a tenant's data key is wrapped under (R107).
 * @param schema of the row that holds it; of the first one the context named no field.
 */
export function dataKeyContext(tenant: string, schema: number): EncryptionContext {
  return schema < 2 ? { tenant_id: tenant } : { tenant_id: tenant, field_name: 'key' }
}

function dataKeyRow(tenant: string, version: number): Key {
  return { tenant, collection, partition: collection, sort: version.toString().padStart(8, '0') }
}
