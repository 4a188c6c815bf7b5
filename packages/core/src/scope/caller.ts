import type { Span } from '@opentelemetry/api'
import { ForbiddenError } from '../errors.ts'
import type { Permission } from '../tenancy/permissions.ts'
import { allows } from '../tenancy/permissions.ts'
import type { KeyLimits, TenantSettings } from '../tenancy/tenant.ts'

declare const verified: unique symbol

/** A tenant's id that was verified; a plain string doesn't fit. */
export type TenantId = string & { readonly [verified]: 'tenant' }

/** Who asks, and for which tenant. Nothing but {@link mintCaller} makes one. */
export interface Caller {
  readonly tenant: TenantId
  readonly settings: TenantSettings
  readonly user: string
  readonly permissions: ReadonlySet<string>
  /** Of the user, as its token says; documents may be for some groups only. */
  readonly groups: ReadonlySet<string>
  /** The virtual key that it came with, where it came with one. */
  readonly keyId?: string
  /** What that key may use, beside its tenant's own limits. */
  readonly keyLimits?: KeyLimits
  /** Joins what one request caused: events, jobs, spans, log lines. */
  readonly correlationId: string
  /** What its work is done in, of the spans that tell of it; absent: nothing above it is known. */
  readonly span?: Span
  readonly [verified]: 'caller'
}

const none: ReadonlySet<string> = new Set()

/**
 * Makes a caller. Imported by two files only, which the architecture test holds: tenancy/authenticate.ts (after a token
 * was verified) and worker/host.ts (for a job that our own relay wrote).
 */
export function mintCaller(facts: {
  readonly settings: TenantSettings
  readonly user: string
  readonly permissions: ReadonlySet<string>
  readonly groups?: ReadonlySet<string>
  readonly keyId?: string
  readonly keyLimits?: KeyLimits
  readonly correlationId: string
}): Caller {
  return { groups: none, ...facts, tenant: facts.settings.tenant_id as TenantId } as Caller
}

/** @throws ForbiddenError `permission_denied` (R96). */
export function requirePermission(caller: Caller, permission: Permission): void {
  if (!allows(caller.permissions, permission)) throw new ForbiddenError('permission_denied', 'Insufficient permissions.')
}
