import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { openSource, signal, small } from './support/open-source.ts'
import { childrenOf, isAlive } from './support/processes.ts'

const call = { key: 'k', signal }
const pidOf = async (source: ReturnType<typeof openSource>, tenant: string, server = 's'): Promise<number> =>
  Number((await source.call(tenant, `${server}.pid`, {}, call)).text)

describe("a server's process", () => {
  it('is started by the first call, and not before; servers that nobody asks for stay out', async () => {
    const source = openSource({ s: small('faults'), other: small('broken') })
    expect(source.offers('alpha', 's.pid')).toBe(true)
    expect(await source.list('alpha', ['s.pid'], signal)).toHaveLength(1)
  })

  it('sees of our environment what finds its way, and what its entry says; no secrets', async () => {
    const source = openSource({ s: small('faults', { env: { GIVEN: 'yes', FROM_OURS: `\${PLINTH_MASTER_KEY}` } }) })
    const seen = JSON.parse((await source.call('alpha', 's.environment', {}, call)).text) as Readonly<Record<string, string>>
    expect(seen).toMatchObject({ GIVEN: 'yes', FROM_OURS: 'SECRET-1', PATH: expect.any(String) })
    const { GIVEN, FROM_OURS, ...rest } = seen
    expect(JSON.stringify(rest)).not.toContain('SECRET')
    expect(Object.keys(rest).filter((name) => !/^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|LANG|TZ)$/.test(name))).toEqual([])
  })

  it("is each tenant's own, and may hold the tenant's id; one is shared where whoever runs Plinth says so", async () => {
    const source = openSource({
      own: { ...small('faults'), args: [...(small('faults').args as string[]), `--folder=/data/\${tenant}`] },
      common: small('faults', { shared: true }),
    })
    const [a, b, again] = [
      await pidOf(source, 'alpha', 'own'),
      await pidOf(source, 'beta', 'own'),
      await pidOf(source, 'alpha', 'own'),
    ]
    expect(a).not.toBe(b)
    expect(again).toBe(a)
    expect((await source.call('beta', 'own.arguments', {}, call)).text).toBe('["faults","--folder=/data/beta"]')
    expect(await pidOf(source, 'alpha', 'common')).toBe(await pidOf(source, 'beta', 'common'))
  })

  it('is started once for calls that come together', async () => {
    const source = openSource({ s: small('faults') })
    const pids = await Promise.all(Array.from({ length: 8 }, () => pidOf(source, 'alpha')))
    expect(new Set(pids).size).toBe(1)
  })

  it('ends when nobody has used it for minutes, and not while somebody does', async () => {
    const clock = new FakeClock()
    const source = openSource({ s: small('faults', { timeout: 3_600 }) }, { clock })
    const pid = await pidOf(source, 'alpha')
    const stop = new AbortController()
    const waiting = source.call('alpha', 's.wait', {}, { key: 'k', signal: stop.signal })
    await source.call('alpha', 's.count', {}, call)
    await clock.advance(600_000)
    expect((await source.call('alpha', 's.count', {}, call)).text).toBe('2')
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await clock.advance(299_000)
    expect(await isAlive(pid)).toBe(true)
    await clock.advance(2_000)
    await expect.poll(() => isAlive(pid)).toBe(false)
    expect(await pidOf(source, 'alpha')).not.toBe(pid)
  })

  it('ends at shutdown, whether it listens or not, with what it started, leaving no zombie', async () => {
    const source = openSource({ s: small('faults'), stubborn: small('stubborn'), silent: small('silent', { startTimeout: 600 }) })
    const started = await pidOf(source, 'alpha')
    const helper = Number((await source.call('alpha', 's.helper', {}, call)).text)
    await source.call('alpha', 'stubborn.count', {}, call)
    const starting = source.list('alpha', ['silent.*'], signal)
    expect([await isAlive(started), await isAlive(helper)]).toEqual([true, true])
    const children = await childrenOf(process.pid)
    expect(children.length).toBeGreaterThanOrEqual(3)
    const from = Date.now()
    const [, refused] = await Promise.all([source.close(), starting.catch((error) => error)])
    expect(Date.now() - from).toBeLessThan(6_000)
    expect(refused).toMatchObject({ code: 'tool_server_unavailable' })
    for (const pid of [started, helper, ...children]) await expect.poll(() => isAlive(pid)).toBe(false)
    expect((await childrenOf(process.pid)).filter((pid) => children.includes(pid))).toEqual([])
    await expect(source.call('alpha', 's.count', {}, call)).rejects.toMatchObject({ code: 'tool_server_unavailable' })
  })

  it('that dies takes along what it started', async () => {
    const source = openSource({ s: small('faults') })
    await pidOf(source, 'alpha')
    const helper = Number((await source.call('alpha', 's.helper', {}, call)).text)
    await source.call('alpha', 's.die', {}, call).catch(() => {})
    await expect.poll(() => isAlive(helper)).toBe(false)
  })
})

describe('sessions of many tenants', () => {
  it('are bounded: the one that was used least lately ends, and none that is in use', async () => {
    const source = openSource({ s: small() }, { maxSessions: 2 })
    const count = async (tenant: string): Promise<string> => (await source.call(tenant, 's.count', {}, call)).text
    expect([await count('a'), await count('b'), await count('a'), await count('c')]).toEqual(['1', '1', '2', '1'])
    expect([await count('a'), await count('b')]).toEqual(['3', '1'])
    const stop = new AbortController()
    const waiting = ['a', 'b'].map((tenant) => source.call(tenant, 's.wait', {}, { key: 'k', signal: stop.signal }))
    await expect(source.call('c', 's.count', {}, call)).rejects.toMatchObject({ code: 'tool_server_unavailable' })
    stop.abort(new Error('enough'))
    for (const each of waiting) await expect(each).rejects.toThrow('enough')
    expect(await count('c')).toBe('1')
  })
})
