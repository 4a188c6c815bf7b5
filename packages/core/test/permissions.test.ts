import { describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import {
  allows,
  allPermissions,
  ForbiddenError,
  PlinthError,
  requirePermission,
  UnauthorizedError,
  userPermissions,
} from '../src/index.ts'
import { EventBench } from './event-driven/bench.ts'

describe('permissions', () => {
  it('allow what they say and nothing else [R96, X69]', () => {
    for (const held of allPermissions) {
      for (const asked of allPermissions) expect(allows(new Set([held]), asked)).toBe(held === asked)
    }
    for (const asked of allPermissions) expect(allows(new Set(), asked)).toBe(false)
  })

  it('of a star allow everything, the tenants included; half a star allows nothing [R96, X69]', () => {
    for (const asked of allPermissions) {
      expect(allows(new Set(['*']), asked)).toBe(true)
      for (const held of ['requests:*', '*:*', '**', ' *', 'requests', 'REQUESTS:READ', 'requests:read '])
        expect(allows(new Set([held]), asked)).toBe(false)
    }
  })

  it('given by default leave the tenants out [X69]', () => {
    expect(allPermissions).toContain('tenants:admin')
    expect(userPermissions).not.toContain('tenants:admin')
    expect(userPermissions.length).toBe(allPermissions.length - 1)
  })
})

describe('a caller without a permission', () => {
  it('gets ForbiddenError, which is no UnauthorizedError, and says nothing of what was missing [R96, R127, X59]', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const caller = { ...(await bench.caller()), permissions: new Set(['requests:read']) }
    expect(() => requirePermission(caller, 'requests:read')).not.toThrow()
    const error = await rejection(Promise.resolve().then(() => requirePermission(caller, 'requests:write')))
    expect(error).toBeInstanceOf(ForbiddenError)
    expect(error).not.toBeInstanceOf(UnauthorizedError)
    expect(error).toMatchObject({
      name: 'ForbiddenError',
      code: 'permission_denied',
      message: 'Insufficient permissions.',
      retryable: false,
    })
    expect(PlinthError.is(error)).toBe(true)
  })
})
