import {
  type Adapters,
  type Administration,
  administer,
  createPlatform,
  type GenaiRequest,
  type NewTenant,
  type Operator,
  type Platform,
  processGenaiRequest,
  type Row,
  type Scope,
  Sweeper,
  silentLog,
  type TenantSettings,
} from '../../src/index.ts'
import { type Caller, mintCaller } from '../../src/scope/caller.ts'
import { createSubscriber } from '../../src/subscribers/manage-subscribers.ts'
import { tenantSecret } from '../../src/subscribers/secrets.ts'
import { AuditSealer } from '../../src/tenancy/audit/audit-sealer.ts'
import { verifyAudit } from '../../src/tenancy/audit/verify-audit.ts'
import { onboardTenant } from '../../src/tenancy/configure.ts'
import { offboardTenant } from '../../src/tenancy/offboard.ts'
import { newTenant } from '../../src/tenancy/tenant.ts'
import {
  type FakeClock,
  type MemoryPlatform,
  memoryPlatform,
  type Script,
  type ScriptedModels,
  scriptedModels,
} from '../../src/testing/index.ts'

export const long: string = 'A long text lies in an object of its own. '.repeat(2_000)
/** A request of {@link TenancyBench.fill}, and what it asks. */
export const prompts: Readonly<Record<string, string>> = { short: 'What is a queue?', long }

export function requestOf(request_id: string, prompt = prompts[request_id] ?? ''): GenaiRequest {
  return { prompt, request_id, callback_url: `https://${request_id}.example/` }
}

/** A Plinth in memory without workers, and whoever runs it; several processes may stand on its stores. */
export class TenancyBench {
  readonly memory: MemoryPlatform
  readonly platform: Platform
  readonly models: ScriptedModels

  constructor(script: Script = () => 'An answer.') {
    this.models = scriptedModels(script)
    this.memory = memoryPlatform({ models: this.models })
    this.platform = this.memory.platform
  }

  get clock(): FakeClock {
    return this.memory.clock
  }

  get operator(): Operator {
    return this.platform.operate()
  }

  /** Another process on the same stores. */
  restarted(adapters: Adapters = this.memory.adapters): Platform {
    return createPlatform('memory', adapters, this.platform.models)
  }

  administration(platform: Platform = this.platform): Administration {
    const operator = platform.operate()
    const caller = callerOf(newTenant('home', 'Home', 0), 'operator')
    return administer({ caller, operator, models: platform.models, sign: async () => 'signed', operatorOf: () => operator })
  }

  async onboard(tenant: string, settings: Partial<NewTenant> = {}): Promise<TenantSettings> {
    return onboardTenant(this.administration(), { tenant_id: tenant, name: tenant, ...settings })
  }

  async scope(tenant: string, platform: Platform = this.platform): Promise<Scope> {
    return platform.scope(callerOf(await this.administration(platform).registry.find(tenant), 'ada'), {
      what: 'POST /api/requests',
      resource: 'requests',
    })
  }

  /** Leaves something of a tenant everywhere. */
  async fill(tenant: string): Promise<void> {
    for (const [request_id, prompt] of Object.entries(prompts))
      await processGenaiRequest(await this.scope(tenant), requestOf(request_id, prompt), { idempotencyKey: request_id })
    const scope = await this.scope(tenant)
    await scope.objects.put('kept', new TextEncoder().encode(long))
    await scope.streams.append('readings/0', [new TextEncoder().encode(long)])
    await createSubscriber(scope, { target: { type: 'queue' } })
    await tenantSecret(scope)
    const { keys, caller } = this.administration()
    await keys.create(caller, tenant, {})
    await new AuditSealer({ operator: this.operator, keys: this.operator.audit.keys, log: silentLog }).seal(tenant)
  }

  async offboard(tenant: string, platform: Platform = this.platform): Promise<TenantSettings> {
    return offboardTenant(this.administration(platform), tenant)
  }

  async sweep(platform: Platform = this.platform): Promise<void> {
    const sweeper = new Sweeper({ operator: platform.operate(), log: silentLog })
    try {
      await sweeper.sweep()
    } finally {
      await sweeper.stop()
    }
  }

  async rows(tenant: string): Promise<Row[]> {
    const rows: Row[] = []
    let after: string | undefined
    do {
      const page = await this.operator.operations.rows(tenant, { limit: 1_000, ...(after === undefined ? {} : { after }) })
      rows.push(...page.items)
      after = page.after
    } while (after !== undefined)
    return rows
  }

  /** What there is of a tenant, but for its trail and its settings. */
  async left(tenant: string): Promise<string[]> {
    const { store, objects, operations } = this.operator
    const rows = (await this.rows(tenant)).filter(({ collection }) => !collection.startsWith('audit-'))
    const pending = (await operations.pending(1_000)).filter(({ entry }) => entry.tenant === tenant)
    return [
      ...rows.map(({ collection, partition }) => `row ${collection}/${partition}`),
      ...(await store.events(tenant, { after: 0, limit: 1_000 })).map(({ type }) => `event ${type}`),
      ...pending.map(({ entry }) => ('queue' in entry ? `job ${entry.queue}` : `pending ${entry.type}`)),
      ...(await objects.list({ tenant, limit: 1_000 })).items.map(({ name }) => `object ${name}`),
      ...[...this.memory.inner.stream.data.logs.values()]
        .filter((log) => log.tenant === tenant)
        .map(({ partition }) => `log ${partition}`),
      ...(await this.administration().keys.list(tenant)).map(({ key_id }) => `key ${key_id}`),
    ]
  }

  /** Whether the tenant's trail is as it was written. */
  async trailHolds(tenant: string, platform: Platform = this.platform): Promise<boolean> {
    const operator = platform.operate()
    const { valid, entries } = await verifyAudit({ operator, keys: operator.audit.keys, tenant })
    return valid && entries > 0
  }
}

export function callerOf(settings: TenantSettings, user: string): Caller {
  return mintCaller({ settings, user, permissions: new Set(['*']), correlationId: `of-${user}` })
}
