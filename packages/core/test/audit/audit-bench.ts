import { collect } from '../../src/contracts/index.ts'
import type { Log, LogFields } from '../../src/log.ts'
import { type Adapters, createPlatform } from '../../src/platform.ts'
import type { ObjectStore } from '../../src/ports/object-store.ts'
import type { Key, Row, StateStore } from '../../src/ports/state-store.ts'
import type { Operator } from '../../src/scope/operator.ts'
import { AuditKeys } from '../../src/tenancy/audit/audit-keys.ts'
import { AuditSealer } from '../../src/tenancy/audit/audit-sealer.ts'
import type { AuditVerdict } from '../../src/tenancy/audit/audit-verdict.ts'
import { AuditWriter } from '../../src/tenancy/audit/audit-writer.ts'
import type { AuditFacts } from '../../src/tenancy/audit/entry.ts'
import { verifyAudit } from '../../src/tenancy/audit/verify-audit.ts'
import { TenantRegistry } from '../../src/tenancy/registry.ts'
import {
  type FakeClock,
  type HostileOptions,
  type MemoryPlatform,
  memoryPlatform,
  scriptedModels,
} from '../../src/testing/index.ts'

export const facts: AuditFacts = {
  who: 'alice',
  what: 'POST /api/requests',
  resource: 'request/0198-1',
  decision: 'allowed',
  correlation_id: 'correlation-1',
}

export interface Logged {
  readonly level: string
  readonly fields: LogFields
}

/** One process: its own keys, writer and sealer, on stores that others use, too. */
export interface AuditProcess {
  readonly operator: Operator
  readonly keys: AuditKeys
  readonly writer: AuditWriter
  readonly sealer: AuditSealer
  readonly log: Logged[]
  /** Does something that is audited. @returns the id of the entry. */
  act(given?: Partial<AuditFacts>, tenant?: string): Promise<string>
  acts(times: number, tenant?: string): Promise<void>
  verify(tenant?: string): Promise<AuditVerdict>
}

/** A platform in memory, processes on it, and hands on its raw stores. */
export class AuditBench {
  readonly memory: MemoryPlatform
  /** Ask for a fault: what it throws instead of a call of the ObjectStore. */
  failObjects: (() => unknown) | undefined

  constructor(options: { readonly hostile?: Partial<HostileOptions> | true } = {}) {
    this.memory = memoryPlatform({ models: scriptedModels(() => ''), ...options })
  }

  static async open(options: { readonly hostile?: Partial<HostileOptions> | true } = {}): Promise<AuditBench> {
    const bench = new AuditBench(options)
    const registry = new TenantRegistry(bench.process({ state: bench.store }).operator)
    for (const tenant of ['alpha', 'beta']) await registry.ensure(tenant, tenant)
    return bench
  }

  get clock(): FakeClock {
    return this.memory.clock
  }

  /** The store behind the faults. */
  get store(): StateStore {
    return this.memory.inner.state
  }

  get objects(): ObjectStore {
    return this.memory.adapters.objects
  }

  process(watched: Partial<Adapters> = {}): AuditProcess {
    const adapters = { ...this.memory.adapters, objects: this.#failing(), ...watched }
    const operator = createPlatform(
      'memory',
      adapters,
      scriptedModels(() => ''),
    ).operate()
    const log: Logged[] = []
    const at = (level: string) => (fields: LogFields) => void log.push({ level, fields })
    const logger: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
    const keys = new AuditKeys(operator.system)
    const writer = new AuditWriter({ keys, clock: this.clock, region: 'local' })
    const sealer = new AuditSealer({ operator, keys, log: logger })
    const act = async (given: Partial<AuditFacts> = {}, tenant = 'alpha'): Promise<string> => {
      const { write, kept } = await writer.prepare(tenant, { ...facts, ...given })
      await operator.state(tenant).commit({ writes: [write] })
      kept()
      this.clock.jump(this.clock.now() + 1)
      return ('insert' in write && write.place.sort) || ''
    }
    const acts = async (times: number, tenant?: string): Promise<void> => {
      for (let time = 0; time < times; time++) await act({ resource: `request/${time}` }, tenant)
    }
    const verify = (tenant = 'alpha'): Promise<AuditVerdict> => patiently(this.clock, verifyAudit({ operator, keys, tenant }))
    return { operator, keys, writer, sealer, log, act, acts, verify }
  }

  pending(tenant = 'alpha'): Promise<Row[]> {
    return collect(this.store.read(tenant, 'audit-entries', 'pending'))
  }

  blocks(tenant = 'alpha'): Promise<Row[]> {
    return collect(this.store.read(tenant, 'audit-blocks', 'blocks'))
  }

  head(tenant = 'alpha'): Promise<Row | undefined> {
    return this.store.get({ tenant, collection: 'audit-heads', partition: 'head', sort: '@' })
  }

  /** Ids of all entries that there are, sealed ones first, in order. */
  async ids(tenant = 'alpha'): Promise<string[]> {
    const sealed = (await this.blocks(tenant)).flatMap(({ index }) =>
      (index.entries as { entry_id: string }[]).map((entry) => entry.entry_id),
    )
    return [...sealed, ...(await this.pending(tenant)).map(({ sort }) => sort)]
  }

  /** Names of the anchors, the newest first. */
  async anchors(tenant = 'alpha'): Promise<string[]> {
    return (await this.objects.list({ tenant: '_system', prefix: `audit/${tenant}/`, limit: 1_000 })).items.map(
      ({ name }) => name,
    )
  }

  /** Puts rows past all checks, as somebody with the database may. */
  async write(...rows: readonly (Row | { readonly delete: Key })[]): Promise<void> {
    for (const row of rows) await this.store.commit({ writes: ['delete' in row ? row : { put: row }] })
  }

  #failing(): ObjectStore {
    return new Proxy(this.objects, {
      get: (inner, name) => {
        const method: unknown = Reflect.get(inner, name)
        if (typeof method !== 'function') return method
        return async (...given: unknown[]) => {
          const fault = this.failObjects?.()
          if (fault !== undefined) throw fault
          return Reflect.apply(method, inner, given) as unknown
        }
      },
    })
  }
}

/** Lets a promise settle whose work gives others a turn by the clock, which other work may move on meanwhile. */
export async function patiently<Result>(clock: FakeClock, work: Promise<Result>): Promise<Result> {
  let done = false
  const settled = (): void => {
    done = true
  }
  work.then(settled, settled)
  while (!done) await clock.advance(10)
  return work
}
