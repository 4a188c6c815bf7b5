import { deriveKey, hmac } from '../crypto.ts'
import { SealError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeyService } from '../ports/key-service.ts'
import type { Key, Row, StateStore } from '../ports/state-store.ts'
import { retryConflicts } from './retry-conflicts.ts'

/** The key that wraps the data keys of every tenant without a key of its own. */
export const pooledKeyAlias = 'alias/plinth-pooled-key'

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

/**
 * Each tenant's data keys: made on first use, wrapped by the KeyService under the context {tenant_id}, kept as rows of the
 * tenant, unwrapped into memory for minutes.
 */
export class DataKeys {
  readonly #state: StateStore
  readonly #keys: KeyService
  readonly #clock: Clock
  readonly #rings = new Map<string, Promise<Ring>>()

  constructor(adapters: { readonly state: StateStore; readonly keys: KeyService; readonly clock: Clock }) {
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

  async #ring(tenant: string): Promise<Ring> {
    const cached = this.#rings.get(tenant)
    if (!cached) return this.#reload(tenant)
    const ring = await cached
    if (ring.until > this.#clock.now()) return ring
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
    for await (const row of this.#state.read(tenant, 'data-keys', 'data-keys')) {
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
    await this.#keys.ensure(pooledKeyAlias)
    const key = this.#clock.randomBytes(32)
    const wrapped = await this.#keys.wrap(pooledKeyAlias, key, { tenant_id: tenant })
    const row = {
      ...dataKeyRow(tenant, version),
      schema: 1,
      index: { made: this.#clock.now(), alias: pooledKeyAlias },
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
    return this.#keys.unwrap(String(row.index.alias), wrapped, { tenant_id: tenant })
  }
}

function dataKeyRow(tenant: string, version: number): Key {
  return { tenant, collection: 'data-keys', partition: 'data-keys', sort: version.toString().padStart(8, '0') }
}
