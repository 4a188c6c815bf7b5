import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ForbiddenError, InvalidInputError } from '../../src/errors.ts'
import { type Caller, mintCaller } from '../../src/scope/caller.ts'
import type { VerifiedKey } from '../../src/tenancy/authenticate.ts'
import { allows, allPermissions, isPermission, type Permission, userPermissions } from '../../src/tenancy/permissions.ts'
import { newTenant } from '../../src/tenancy/tenant.ts'
import { VirtualKeys } from '../../src/tenancy/virtual-keys.ts'
import { memoryPlatform, scriptedModels } from '../../src/testing/index.ts'

function caller(permissions: readonly string[]): Caller {
  const settings = newTenant('home', 'Home', 0)
  return mintCaller({ settings, user: 'maker', permissions: new Set(permissions), correlationId: 'test' })
}

function virtualKeys(): VirtualKeys {
  return new VirtualKeys(memoryPlatform({ models: scriptedModels(() => '') }).platform.operate())
}

/** What a set of words really allows. */
function granted(words: ReadonlySet<string> | readonly string[]): Permission[] {
  const held = new Set(words)
  return allPermissions.filter((permission) => allows(held, permission))
}

async function made(keys: VirtualKeys, maker: Caller, permissions: readonly string[] | undefined): Promise<VerifiedKey> {
  const { key } = await keys.create(maker, 'other', permissions === undefined ? {} : { permissions })
  const found = await keys.find(key)
  return found && !('ended' in found) ? found : expect.fail('A key that was just made is good.')
}

const known = [...allPermissions, '*']
const odd = ['requests:*', '*:*', '**', 'tenants:*', 'tenants', 'REQUESTS:READ', ' *', '* ', '', 'constructor', '__proto__']
const held = fc.oneof(fc.subarray(known), fc.subarray([...known, ...odd]), fc.constant([...allPermissions]))
const asked = fc.oneof(
  fc.subarray(known, { minLength: 1 }),
  fc.array(fc.constantFrom(...known, ...odd), { minLength: 1, maxLength: 6 }),
  fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 3 }),
)

describe('the permissions of a virtual key', () => {
  it('are those that were asked for, and never more than its maker has; else there is no key [R96]', async () => {
    let [refused, taken] = [0, 0]
    const property = fc.asyncProperty(held, asked, async (held, asked) => {
      const keys = virtualKeys()
      const mine = granted(held)
      const may = asked.every((word) => isPermission(word)) && granted(asked).every((permission) => mine.includes(permission))
      const outcome = await made(keys, caller(held), asked).catch((error: unknown) => error)
      if (!may) {
        expect(outcome instanceof ForbiddenError || outcome instanceof InvalidInputError).toBe(true)
        expect(outcome).toHaveProperty('field', 'permissions')
        expect(await keys.list('other')).toEqual([])
        refused++
        return
      }
      const found = outcome as VerifiedKey
      expect(found.permissions).toEqual(new Set(asked))
      expect(mine).toEqual(expect.arrayContaining(granted(found.permissions)))
      taken++
    })
    await fc.assert(property, { numRuns: 600 })
    expect(Math.min(refused, taken)).toBeGreaterThan(50)
  })

  it('are what its maker has, but for tenants:admin, when none are asked for', async () => {
    await fc.assert(
      fc.asyncProperty(held, async (held) => {
        const keys = virtualKeys()
        const mine = granted(held).filter((permission) => permission !== 'tenants:admin')
        if (mine.length === 0) {
          await expect(made(keys, caller(held), undefined)).rejects.toMatchObject({ code: 'invalid_input', field: 'permissions' })
          return
        }
        const found = await made(keys, caller(held), undefined)
        expect([...found.permissions].sort()).toEqual([...mine].sort())
      }),
      { numRuns: 200 },
    )
    expect([...(await made(virtualKeys(), caller(['*']), undefined)).permissions]).toEqual(userPermissions)
  })

  it('never grow from key to key, however many keys make keys', async () => {
    const chain = fc.array(fc.subarray(known, { minLength: 1 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(held, chain, async (held, chain) => {
        const keys = virtualKeys()
        let maker = held as readonly string[]
        for (const asked of chain) {
          const found = await made(keys, caller(maker), asked).catch(() => undefined)
          if (!found) continue
          maker = [...found.permissions]
        }
        expect(granted(held)).toEqual(expect.arrayContaining(granted(maker)))
      }),
      { numRuns: 200 },
    )
  })
})
