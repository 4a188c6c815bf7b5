import { base64url } from 'jose'
import { z } from 'zod'
import { changedFields } from '../changed-fields.ts'
import { sameBytes } from '../crypto.ts'
import { type Collection, defineCollection } from '../define/collection.ts'
import { ForbiddenError, InvalidInputError, LimitError, NotFoundError } from '../errors.ts'
import { timestamp } from '../ports/clock.ts'
import type { Caller } from '../scope/caller.ts'
import type { Operator } from '../scope/operator.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import { insert, remove } from '../scope/state.ts'
import { type EndedKey, type VerifiedKey, type VirtualKeyFinder, virtualKeyPrefix } from './authenticate.ts'
import { allows, allPermissions, isPermission, type Permission, userPermissions } from './permissions.ts'
import type { KeyLimits } from './tenant.ts'

/** A virtual key, without its secret. Times are milliseconds UTC. */
export interface VirtualKeyFields {
  readonly key_id: string
  readonly tenant_id: string
  readonly name: string
  /** Whom its bearer stands for; its usage is counted under this name. */
  readonly user_id: string
  readonly permissions: readonly string[]
  readonly groups: readonly string[]
  /** Beside the tenant's own. */
  readonly limits: KeyLimits
  /** HMAC of the whole key under a key of the system's: whoever reads the database can't use it. */
  readonly digest: string
  readonly made: number
  readonly made_by: string
  readonly expires?: number
  readonly revoked?: number
}

/** What a new key is asked to be. */
export interface VirtualKeyRequest {
  readonly name?: string | undefined
  readonly user_id?: string | undefined
  /** Default: all that its maker has, but `tenants:admin`. */
  readonly permissions?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly limits?: KeyLimits | undefined
  readonly expires_at?: number | undefined
}

/** From when a key is good no more: whoever looks through a year's usage and trail finds whose it was. */
const shownFor = 400 * 86_400_000

const virtualKeys: Collection<VirtualKeyFields> = defineCollection<VirtualKeyFields>({
  name: 'virtual-keys',
  schema: 1,
  plain: z.looseObject({
    key_id: z.string(),
    tenant_id: z.string(),
    digest: z.string(),
  }) as unknown as z.ZodType<VirtualKeyFields>,
  sealed: [],
  lists: {},
  expires({ revoked, expires }) {
    const ended = revoked ?? expires
    return ended === undefined ? undefined : ended + shownFor
  },
})

/** So many of a tenant's keys are good at a time. */
export const virtualKeyLimit = 1_000
const form = new RegExp(`^${virtualKeyPrefix}([a-z0-9-]{1,63})_([0-9a-f]{24})_[A-Za-z0-9_-]{43}$`)
const encoder = new TextEncoder()

/**
 * The virtual keys of all tenants: bearers for programs that have no identity provider. A key is shown once, when it is made. It is
 * read anew with every request, so that one that is revoked is refused at once, in every process.
 */
export class VirtualKeys implements VirtualKeyFinder {
  readonly #operator: Pick<Operator, 'clock' | 'system'>

  constructor(operator: Pick<Operator, 'clock' | 'system'>) {
    this.#operator = operator
  }

  async find(token: string): Promise<VerifiedKey | EndedKey | undefined> {
    const [, tenant, keyId] = form.exec(token) ?? []
    if (tenant === undefined || keyId === undefined) return undefined
    const digest = await this.#digest(token)
    const fields = (await this.#operator.system.get(virtualKeys, { partition: tenant, sort: keyId }))?.fields
    if (!fields || !sameBytes(encoder.encode(fields.digest), encoder.encode(digest))) return undefined
    const end = endOf(fields, this.#operator.clock.now())
    if (end) return { keyId, ...end }
    const { user_id: user, permissions, groups, limits } = fields
    return { tenant, user, permissions: new Set(permissions), groups: new Set(groups), keyId, limits }
  }

  /**
   * Makes a key that may do no more than its maker (CVE-2026-47101 of a peer: a key that could).
   * @returns the key, shown this once, and what is kept of it.
   * @throws ForbiddenError `permission_denied` for a permission that the maker hasn't; InvalidInputError; LimitError `too_many_keys`.
   */
  async create(
    maker: Caller,
    tenantId: string,
    request: VirtualKeyRequest,
  ): Promise<{ readonly key: string; readonly fields: VirtualKeyFields }> {
    const { clock, system } = this.#operator
    const now = clock.now()
    const permissions = grantable(maker, request.permissions)
    if (request.expires_at !== undefined && request.expires_at <= now)
      throw new InvalidInputError('Must be later than now.', { field: 'expires_at' })
    const good = (await this.list(tenantId)).filter((fields) => !endOf(fields, now))
    if (good.length >= virtualKeyLimit)
      throw new LimitError(tenantId, 'too_many_keys', `A tenant has at most ${virtualKeyLimit} keys. Revoke some.`)
    const keyId = hexadecimal(clock.randomBytes(12))
    const key = `${virtualKeyPrefix}${tenantId}_${keyId}_${base64url.encode(clock.randomBytes(32))}`
    const fields: VirtualKeyFields = {
      key_id: keyId,
      tenant_id: tenantId,
      name: request.name ?? keyId,
      user_id: request.user_id ?? `key:${keyId}`,
      permissions,
      groups: request.groups ?? [],
      limits: request.limits ?? {},
      digest: await this.#digest(key),
      made: now,
      made_by: maker.user,
      ...(request.expires_at === undefined ? {} : { expires: request.expires_at }),
    }
    const changed = changedFields({}, request, ['limits'])
    await system.commit({ writes: [insert(virtualKeys, { partition: tenantId, sort: keyId }, fields)], changed })
    return { key, fields }
  }

  /** All of a tenant's keys, those that have been good no more for less than 400 days included. */
  async list(tenantId: string): Promise<VirtualKeyFields[]> {
    const keys: VirtualKeyFields[] = []
    for await (const { fields } of this.#operator.system.read(virtualKeys, tenantId)) keys.push(fields)
    return keys
  }

  /** From the next request on; again does nothing. @throws NotFoundError */
  revoke(tenantId: string, keyId: string): Promise<void> {
    return retryConflicts(async () => {
      const record = await this.#operator.system.get(virtualKeys, { partition: tenantId, sort: keyId })
      if (!record) throw new NotFoundError('key')
      if (record.fields.revoked !== undefined) return
      const revoked = this.#operator.clock.now()
      await this.#operator.system.update(virtualKeys, record, { ...record.fields, revoked })
    })
  }

  /** Removes them, when their tenant's data is removed. */
  async removeAll(tenantId: string): Promise<void> {
    const { system } = this.#operator
    await retryConflicts(async () => {
      for await (const record of system.read(virtualKeys, tenantId))
        await system.commit({ writes: [remove(virtualKeys, record)] })
    })
  }

  #digest(token: string): Promise<string> {
    return this.#operator.system.lookup('virtual key', token)
  }
}

/** A key as it is shown: never what opens anything. */
export function showKey({ digest: _, made, expires, revoked, ...fields }: VirtualKeyFields): object {
  return {
    ...fields,
    created_at: timestamp(made),
    expires_at: expires === undefined ? null : timestamp(expires),
    revoked_at: revoked === undefined ? null : timestamp(revoked),
  }
}

/** How a key came to be good no more; undefined for one that is good. */
function endOf({ expires, revoked }: VirtualKeyFields, now: number): Pick<EndedKey, 'ended' | 'at'> | undefined {
  if (revoked !== undefined) return { ended: 'revoked', at: revoked }
  return expires === undefined || expires > now ? undefined : { ended: 'expired', at: expires }
}

/** What is asked for, if the maker has all of it. */
function grantable(maker: Caller, asked: readonly string[] | undefined): readonly string[] {
  const wanted = asked ?? userPermissions.filter((permission) => allows(maker.permissions, permission))
  if (wanted.length === 0)
    throw new InvalidInputError('Name the permissions of the key: its maker has none to pass on.', { field: 'permissions' })
  for (const word of wanted) {
    if (!isPermission(word)) throw new InvalidInputError(`${word} is no permission.`, { field: 'permissions' })
    const all = word === '*' ? allPermissions : [word as Permission]
    if (!all.every((permission) => allows(maker.permissions, permission)))
      throw new ForbiddenError('permission_denied', 'A key may do no more than whoever makes it.', { field: 'permissions' })
  }
  return [...new Set(wanted)]
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
