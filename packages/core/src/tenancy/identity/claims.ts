import { z } from 'zod'
import { shownText } from '../../define/forms.ts'
import { localIssuer } from '../issuer.ts'
import { allows, isPermission, type Permission, userPermissions } from '../permissions.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'

/** What a token says, once its signature holds. */
export interface TokenClaims {
  readonly tenant: string
  /** The one that its bearer signed in with, where that is another. */
  readonly ownTenant: string | undefined
  readonly user: string
  /** Those that its issuer may grant. */
  readonly permissions: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  /** Seconds since 1970. */
  readonly issued: number | undefined
  /** Seconds since 1970. */
  readonly expires: number
}

const name = shownText(256)

const form = z.object({
  tenant: z.string().min(1).max(63),
  ownTenant: z.string().min(1).max(63).optional(),
  user: name.optional(),
  sub: name.optional(),
  permissions: z.array(z.string().max(256)).max(100).default([]),
  groups: z.array(name).max(200).default([]),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.number().optional(),
  exp: z.number(),
})

/**
 * Reads verified claims by the names that the issuer has for them. Types are checked: a tenant given as an array or a number is
 * no tenant. Of two users the issuer's claim counts, then `sub`.
 * @returns undefined when they are not as they must be.
 */
export function readClaims(payload: object, issuer: TrustedIssuer): TokenClaims | undefined {
  const names = issuer.claims ?? {}
  const claim = (key: string): unknown => (Object.hasOwn(payload, key) ? payload[key as keyof typeof payload] : undefined)
  const parsed = form.safeParse({
    tenant: claim(names.tenant ?? 'tenant_id'),
    // Of the local issuer alone, which checks it; others may mean something else by the name.
    ownTenant: issuer.issuer === localIssuer ? claim('own_tenant_id') : undefined,
    user: claim(names.user ?? 'user_id'),
    sub: claim('sub'),
    permissions: claim(names.permissions ?? 'permissions'),
    groups: claim(names.groups ?? 'groups'),
    aud: claim('aud'),
    iat: claim('iat'),
    exp: claim('exp'),
  })
  const user = parsed.data?.user ?? parsed.data?.sub
  if (!parsed.success || user === undefined) return undefined
  const { tenant, ownTenant, permissions, groups, iat, exp } = parsed.data
  return {
    tenant,
    ownTenant,
    user,
    permissions: grant(permissions, issuer.permissions ?? userPermissions),
    groups: new Set(groups),
    issued: iat,
    expires: exp,
  }
}

/** What is both said and grantable. Words that are no permissions grant nothing; `*` stands for all that the issuer may grant. */
function grant(said: readonly string[], grantable: readonly string[]): ReadonlySet<string> {
  const held = new Set(said.filter(isPermission))
  const most = new Set(grantable)
  if (most.has('*')) return held
  return new Set([...most].filter((permission) => allows(held, permission as Permission)))
}
