import type { Models } from './language-model/catalogue.ts'
import { type ModelGate, type ModelLimits, ProcessGate, tenantGate } from './language-model/gate.ts'
import { TenantConcurrency } from './language-model/tenant-concurrency.ts'
import { mendJsonParse } from './mend-json-parse.ts'
import type { Clock } from './ports/clock.ts'
import type { DocumentReader } from './ports/document-reader.ts'
import type { EventBus } from './ports/event-bus.ts'
import type { EventStream } from './ports/event-stream.ts'
import type { KeyService } from './ports/key-service.ts'
import type { ObjectStore } from './ports/object-store.ts'
import type { Operations } from './ports/operations.ts'
import type { Outbound } from './ports/outbound.ts'
import type { Queue } from './ports/queue.ts'
import type { SearchIndex } from './ports/search-index.ts'
import type { StateStore } from './ports/state-store.ts'
import type { ToolSource } from './ports/tool-source.ts'
import type { Topics } from './ports/topics.ts'
import { plainTextReader } from './rag/plain-text-reader.ts'
import type { Caller } from './scope/caller.ts'
import { DataKeys } from './scope/data-keys.ts'
import { tenantObjects } from './scope/objects.ts'
import type { Operator } from './scope/operator.ts'
import type { Scope } from './scope/scope.ts'
import { Sealing } from './scope/sealing.ts'
import { tenantSearch } from './scope/search.ts'
import { State } from './scope/state.ts'
import { tenantStreams } from './scope/streams.ts'
import { objectsOfRow } from './scope/texts-apart.ts'
import { tenantTools } from './scope/tools.ts'
import { tenantTopics } from './scope/topics.ts'
import { type Action, Trail } from './scope/trail.ts'
import { SegmentSearchIndex } from './search/segment-search-index.ts'
import { AuditKeys } from './tenancy/audit/audit-keys.ts'
import { AuditWriter } from './tenancy/audit/audit-writer.ts'
import { keyAliasOf } from './tenancy/key-alias.ts'
import { TenantRegistry } from './tenancy/registry.ts'
import { systemTenant } from './tenancy/tenant.ts'
import { tenantModels } from './tenancy/tenant-models.ts'

/** A full record of adapters: one technology for each port. */
export interface Adapters {
  readonly clock: Clock
  readonly state: StateStore
  readonly objects: ObjectStore
  readonly keys: KeyService
  readonly queue: Queue
  readonly bus: EventBus
  /** Absent: streams are refused. */
  readonly stream?: EventStream
  readonly operations: Operations
  readonly outbound: Outbound
  /** Absent: plain text alone is read. */
  readonly reader?: DocumentReader
  /** What finds documents, or what makes it of the tenants' records; absent: sealed segments on the ObjectStore. */
  readonly search?: SearchIndex | ((state: (tenant: string) => State) => SearchIndex)
  /** Absent: agents have the tools that are built in. Whoever opened it closes it. */
  readonly tools?: ToolSource
  /** Absent: alerts are told to subscribers alone. */
  readonly topics?: Topics
  /** For how long the oldest of their answers has been waiting to be given, milliseconds; absent: each is given when it is there. */
  lateness?(): number
  close(): Promise<void>
}

/** Plinth = one platform × models. The adapters are not on it: a scope is all that a pattern gets. */
export interface Platform {
  readonly name: string
  /** Where its data lies. */
  readonly region: string
  readonly models: Models
  /** What every call of a model passes; for whoever runs the process. */
  readonly gate: ModelGate
  /** @param action what is asked for; the first commit puts it down in the audit trail. */
  scope(caller: Caller, action?: Action): Scope
  operate(): Operator
  /** For how long an answer of its adapters has been waiting for this process to take it up, milliseconds; 0 where it keeps up. */
  lateness(): number
  /** Ends what runs and releases what is held. Nothing may be used afterwards. */
  close(): Promise<void>
}

export interface PlatformOptions {
  /** What providers let through; absent: everything. */
  readonly limits?: ModelLimits
  /** Where the data lies; absent: `local`. */
  readonly region?: string
  /** The platform that has the registry, where it isn't this one's own: one process may hold the data of several regions. */
  readonly home?: Platform
}

/** Joins adapters and models. */
export function createPlatform(name: string, adapters: Adapters, models: Models, options: PlatformOptions = {}): Platform {
  const { clock, state: store, objects, queue, bus, stream, operations, outbound, reader = plainTextReader } = adapters
  mendJsonParse(clock)
  const { region = 'local', home, ...limits } = options
  const gate = new ProcessGate({ clock, ...limits })
  const concurrency = new TenantConcurrency({ clock })
  const dataKeys = new DataKeys({ ...adapters, aliasOf: (tenant) => keyAliasOf(system, tenant) })
  const sealing = new Sealing({ keys: dataKeys, objects, clock })
  const stateOf = (tenant: string, correlationId: string, more: { weight?: number | undefined; trail?: Trail } = {}): State =>
    new State({ tenant, correlationId, store, sealing, clock, ...more })
  const system = home?.operate().system ?? stateOf(systemTenant, 'system')
  const registry = new TenantRegistry({ clock, system }, { freshMilliseconds: 500 })
  const ofSystem = (tenant: string): State => stateOf(tenant, 'system')
  const given = typeof adapters.search === 'function' ? adapters.search(ofSystem) : adapters.search
  const search =
    given ?? new SegmentSearchIndex({ state: ofSystem, objects: (tenant) => tenantObjects(tenant, objects, sealing), clock })
  const auditKeys = new AuditKeys(system)
  let listener: (tenant: string) => void = () => {}
  const writer = new AuditWriter({ keys: auditKeys, clock, region, onKept: (tenant) => listener(tenant) })
  const trailOf = ({ user, keyId, correlationId }: Caller, tenant: string, action: Action | undefined): Trail => {
    const by = { who: user, key_id: keyId, correlation_id: correlationId }
    return new Trail({ writer, tenant, by, action })
  }
  return {
    name,
    region,
    models,
    gate: {
      admit: (model, request) => gate.admit(model, request),
      close: (model, until) => gate.close(model, until),
      state: (model) => gate.state(model),
      stop: () => {
        gate.stop()
        concurrency.stop()
      },
    },
    scope: (caller, action) => {
      const { tenant, settings, correlationId } = caller
      return {
        caller,
        tenant: settings,
        isActive: async () => (await registry.get(tenant))?.status === 'active',
        clock,
        state: stateOf(tenant, correlationId, { weight: settings.weight, trail: trailOf(caller, tenant, action) }),
        objects: tenantObjects(tenant, objects, sealing),
        search: tenantSearch(caller, search),
        streams: tenantStreams(tenant, stream, sealing),
        reader,
        models: tenantModels(models, settings),
        gate: concurrency.behind(tenantGate(gate, tenant, settings.weight), tenant, settings.limits.concurrent),
        outbound,
        tools: tenantTools(tenant, adapters.tools),
        ...(adapters.topics ? { topics: tenantTopics(tenant, adapters.topics) } : {}),
      }
    },
    operate: () => ({
      clock,
      store,
      objects,
      queue,
      bus,
      stream,
      operations,
      search,
      dataKeys,
      holds: ({ data_residency_region: place }) => place === region || (place === undefined && home === undefined),
      system,
      objectsOf: (tenantId) => tenantObjects(tenantId, objects, sealing),
      openEntry: (tenantId, partition, sealed) => sealing.openEntry(tenantId, partition, sealed),
      objectsOfRow: (row) => objectsOfRow(sealing, row),
      state: (tenantId, by) =>
        stateOf(tenantId, by?.caller.correlationId ?? 'system', by ? { trail: trailOf(by.caller, tenantId, by.action) } : {}),
      audit: {
        keys: auditKeys,
        onKept: (told) => {
          listener = told
        },
      },
    }),
    lateness: () => adapters.lateness?.() ?? 0,
    close: () => adapters.close(),
  }
}
