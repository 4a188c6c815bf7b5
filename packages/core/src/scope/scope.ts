import type { Models } from '../language-model/catalogue.ts'
import type { TenantGate } from '../language-model/gate.ts'
import type { Clock } from '../ports/clock.ts'
import type { DocumentReader } from '../ports/document-reader.ts'
import type { Outbound } from '../ports/outbound.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'
import type { Caller } from './caller.ts'
import type { Objects } from './objects.ts'
import type { Search } from './search.ts'
import type { State } from './state.ts'
import type { Streams } from './streams.ts'
import type { Tools } from './tools.ts'
import type { TenantTopics } from './topics.ts'

/**
 * One tenant's view of the platform: all that a pattern ever holds. No method below it takes a tenant, so no pattern can
 * name one.
 */
export interface Scope {
  readonly caller: Caller
  readonly tenant: TenantSettings
  /** Whether the tenant may work now, as of the last second: `tenant` says how it stood when the scope was made. */
  isActive(): Promise<boolean>
  readonly clock: Clock
  readonly state: State
  readonly objects: Objects
  readonly search: Search
  readonly streams: Streams
  readonly reader: DocumentReader
  readonly models: Models
  /** To be asked before every call of a model. */
  readonly gate: TenantGate
  readonly outbound: Outbound
  /** Of servers outside that offer some. */
  readonly tools: Tools
  /** Absent where the platform has none. */
  readonly topics?: TenantTopics
}

/** What a pattern's function asks for, beside what everyone gets. */
export type Uses<Part extends keyof Scope> = Pick<Scope, Part | 'caller' | 'tenant' | 'clock'>
