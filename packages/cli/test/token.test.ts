import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { userPermissions } from '@plinth/core'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { hashFiles } from '../../../test/e2e/support/files.ts'
import { type RunningPlinth, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { lines, plinth, refusalOf } from './support/plinth.ts'

let folder: string
let server: RunningPlinth

beforeAll(async () => {
  folder = join(temporaryFolder(), 'data')
  server = await startPlinth(folder)
})

const token = (...args: string[]) => plinth(['token', ...args], { PLINTH_DATA_DIR: folder })

describe('[X14] plinth token', () => {
  it('beside a running server: a bare JWT as the last line, with all but tenants:admin, for an hour', async () => {
    const run = await token('--tenant', 'demo')
    expect(run.exit.code, run.stderr).toBe(0)
    const jwt = lines(run.stdout).at(-1) ?? ''
    expect(jwt).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(decodeProtectedHeader(jwt)).toMatchObject({ alg: 'EdDSA', typ: 'JWT' })
    const claims = decodeJwt(jwt)
    expect(claims).toMatchObject({
      tenant_id: 'demo',
      user_id: 'cli',
      sub: 'cli',
      iss: 'plinth',
      aud: 'plinth',
      permissions: [...userPermissions],
    })
    expect(claims.permissions).not.toContain('tenants:admin')
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3_600)
    expect((await call(server.url, '/api/requests', { token: jwt })).status).toBe(200)
  })

  it('what is asked for: user, permissions, time', async () => {
    const run = await token('--tenant', 'demo', '--user', 'ann', '--permissions', 'requests:read, metrics:read', '--ttl', '2d')
    const jwt = lines(run.stdout).at(-1) ?? ''
    const claims = decodeJwt(jwt)
    expect(claims).toMatchObject({ user_id: 'ann', permissions: ['requests:read', 'metrics:read'] })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(2 * 86_400)
    expect((await call(server.url, '/api/requests', { token: jwt })).status).toBe(200)
    expect((await call(server.url, '/api/requests', { token: jwt, body: { prompt: 'x' } })).status).toBe(403)
  })

  it.each([
    ['30s', 30],
    ['15m', 900],
    ['3h', 10_800],
    ['366d', 366 * 86_400],
  ])('--json, for %s', async (ttl, seconds) => {
    const run = await token('--tenant', 'demo', '--permissions', '*', '--ttl', ttl, '--json')
    const expected = { tenant: 'demo', user: 'cli', permissions: ['*'], expires_in: seconds }
    expect(JSON.parse(run.stdout)).toEqual({ token: expect.stringMatching(/^ey/), ...expected })
  })

  it('first use makes the folder, and a server that starts later takes its tokens', async () => {
    const fresh = join(temporaryFolder(), 'a', 'b')
    const run = await plinth(['token', '--tenant', 'demo'], { PLINTH_DATA_DIR: fresh })
    expect(run.exit.code, run.stderr).toBe(0)
    expect(existsSync(join(fresh, 'plinth.db'))).toBe(true)
    const later = await startPlinth(fresh)
    expect((await call(later.url, '/api/requests', { token: lines(run.stdout).at(-1) })).status).toBe(200)
    expect((await call(server.url, '/api/requests', { token: lines(run.stdout).at(-1) })).status).toBe(401)
  })

  it('with the server down', async () => {
    const own = temporaryFolder()
    await (await startPlinth(own)).process.kill()
    const run = await plinth(['token', '--tenant', 'demo'], { PLINTH_DATA_DIR: own })
    const again = await startPlinth(own)
    expect((await call(again.url, '/api/requests', { token: lines(run.stdout).at(-1) })).status).toBe(200)
  })

  it('several at once, where no server runs, all work', async () => {
    const own = temporaryFolder()
    await plinth(['token', '--tenant', 'demo'], { PLINTH_DATA_DIR: own })
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => plinth(['token', '--tenant', 'demo'], { PLINTH_DATA_DIR: own })),
    )
    expect(runs.map((run) => [run.exit.code, run.stderr])).toEqual(runs.map(() => [0, '']))
  })

  it('does not write beside a running server', async () => {
    const before = hashFiles(folder)
    await token('--tenant', 'demo')
    const after = hashFiles(folder)
    for (const name of ['plinth.db', 'keyring.json', 'master.key']) expect(after[name], name).toBe(before[name])
  })

  it.each<[string, string[], RegExp]>([
    ['an unknown tenant', ['--tenant', 'nobody'], /no tenant nobody/],
    ['a tenant with a bad name', ['--tenant', '../demo'], /no tenant \.\.\/demo/],
    ['no tenant', [], /--tenant/],
    [
      'a permission that is none',
      ['--tenant', 'demo', '--permissions', 'requests:read,requests:eat'],
      /requests:eat is no permission.*requests:write/s,
    ],
    ['a time without a unit', ['--tenant', 'demo', '--ttl', '60'], /--ttl/],
    ['no time at all', ['--tenant', 'demo', '--ttl', '0s'], /--ttl/],
    ['a time in the past', ['--tenant', 'demo', '--ttl=-1h'], /--ttl/],
    ['more than a year', ['--tenant', 'demo', '--ttl', '367d'], /--ttl/],
    ['an empty user', ['--tenant', 'demo', '--user', ' '], /--user/],
  ])('refuses %s, with words', async (_, args, words) => {
    const run = await token(...args)
    expect(refusalOf(run)).toMatch(words)
    expect(run.stdout).toBe('')
  })

  it('refuses with --json as JSON', async () => {
    const run = await token('--tenant', 'nobody', '--json')
    expect(run.exit.code).toBe(1)
    expect(JSON.parse(run.stdout)).toEqual({ error: { code: 'tenant_unknown', message: expect.stringContaining('nobody') } })
  })

  it('ends though work waits for a day far ahead', async () => {
    const later = await token('--tenant', 'demo')
    const body = { prompt: 'x', not_before: '2990-01-01T00:00:00Z' }
    const jwt = lines(later.stdout).at(-1) ?? ''
    expect((await call(server.url, '/api/requests', { method: 'POST', token: jwt, body })).status).toBe(202)
    for (const verb of [['token', '--tenant', 'demo'], ['doctor']]) {
      const run = await plinth(verb, { PLINTH_DATA_DIR: folder, PLINTH_URL: server.url })
      expect(run.exit.code, run.stderr).toBe(0)
    }
  })
})
