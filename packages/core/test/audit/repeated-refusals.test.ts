import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Caller, createPlatform, type Deed, type JsonObject, type Platform, UnavailableError } from '../../src/index.ts'
import { verifyAudit } from '../../src/tenancy/audit/verify-audit.ts'
import { scriptedModels } from '../../src/testing/index.ts'
import { EventBench } from '../event-driven/bench.ts'

const spent: Deed = { what: 'POST /api/requests', resource: 'requests', decision: 'budget_exhausted' }
const foreign: Deed = { what: 'GET /api/requests/{id}', resource: 'requests/1', decision: 'permission_denied' }
const minute = 60_000

const refuse = (platform: Platform, caller: Caller, deed: Deed): Promise<void> =>
  platform.operate().state(caller.tenant, { caller }).record(deed, 'relaxed')

async function entries(bench: EventBench, tenant = 'alpha'): Promise<JsonObject[]> {
  const { items } = await bench.memory.adapters.operations.rows(tenant, { limit: 1_000 })
  return items.filter(({ collection }) => collection === 'audit-entries').map(({ index }) => index)
}

describe('refusals by a limit', () => {
  it('again and again are put down once a minute, with how many there were since the entry before [X69]', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const { platform, clock } = bench.memory
    const caller = await bench.caller()
    for (let time = 0; time < 5; time++) await refuse(platform, caller, { ...spent, what: `POST /api/${time}` })
    expect(await entries(bench)).toMatchObject([{ decision: 'budget_exhausted', what: 'POST /api/0' }])
    expect((await entries(bench))[0]).not.toHaveProperty('detail')
    clock.jump((Math.floor(clock.now() / minute) + 1) * minute)
    for (let time = 0; time < 3; time++) await refuse(platform, caller, { ...spent, detail: { model: 'test' } })
    clock.jump(clock.now() + 10 * minute)
    await refuse(platform, caller, spent)
    clock.jump(clock.now() + minute)
    await refuse(platform, caller, spent)
    expect((await entries(bench)).map(({ detail }) => detail)).toEqual([
      undefined,
      { model: 'test', repeated: 4 },
      { repeated: 2 },
      undefined,
    ])
    const operator = platform.operate()
    expect(await verifyAudit({ operator, keys: operator.audit.keys, tenant: 'alpha' })).toMatchObject({ valid: true, pending: 4 })
  })

  it('of others, by another decision, or with another key, are each put down', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const { platform } = bench.memory
    const ada = await bench.caller()
    const callers = [ada, await bench.caller('alpha', 'ben'), { ...ada, keyId: 'key-1' }, { ...ada, keyId: 'key-2' }]
    const beta = await bench.caller('beta')
    for (let time = 0; time < 3; time++)
      for (const caller of [...callers, beta])
        for (const decision of ['budget_exhausted', 'rate_limited', 'content_blocked'])
          await refuse(platform, caller, { ...spent, decision })
    expect(await entries(bench)).toHaveLength(4 * 3)
    expect(await entries(bench, 'beta')).toHaveLength(3)
  })

  it('are counted on when an entry could not be kept, and told with the next that is', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const { clock, adapters } = bench.memory
    let down = true
    const state = new Proxy(adapters.state, {
      get: (inner, name) => {
        if (name === 'commit' && down) return () => Promise.reject(new UnavailableError('down', 'Down.'))
        return (Reflect.get(inner, name) as (() => unknown) | undefined)?.bind(inner)
      },
    })
    const platform = createPlatform(
      'memory',
      { ...adapters, state },
      scriptedModels(() => ''),
    )
    const caller = await bench.caller()
    for (let time = 0; time < 3; time++) await refuse(platform, caller, spent).catch(() => {})
    down = false
    clock.jump(clock.now() + minute)
    await refuse(platform, caller, spent)
    expect(await entries(bench)).toMatchObject([{ detail: { repeated: 3 } }])
  })

  it('whoever they are of, and whenever: at most one entry of a kind a minute, and entries and what they tell of are all [X69]', async () => {
    const events = fc.array(fc.record({ user: fc.nat(2), wait: fc.constantFrom(0, 1, 20_000, 61_000) }), {
      minLength: 1,
      maxLength: 60,
    })
    const property = fc.asyncProperty(events, async (all) => {
      const bench = await EventBench.open(() => '', { worker: false })
      const { platform, clock } = bench.memory
      const callers = await Promise.all(['a', 'b', 'c'].map((user) => bench.caller('alpha', user)))
      const asked = new Map<string, number>()
      for (const { user, wait } of all) {
        clock.jump(clock.now() + wait)
        const caller = callers[user]
        if (!caller) continue
        asked.set(caller.user, (asked.get(caller.user) ?? 0) + 1)
        await refuse(platform, caller, spent)
      }
      clock.jump(clock.now() + minute)
      for (const caller of callers) await refuse(platform, caller, spent)
      const kept = await entries(bench)
      const kinds = kept.map(({ who, at }) => `${who} ${Math.floor(Number(at) / minute)}`)
      expect(new Set(kinds).size).toBe(kinds.length)
      for (const { user } of callers) {
        const its = kept.filter(({ who }) => who === user)
        const told = its.reduce((sum, { detail }) => sum + 1 + Number((detail as JsonObject | undefined)?.repeated ?? 0), 0)
        expect(told).toBe((asked.get(user) ?? 0) + 1)
      }
    })
    await fc.assert(property, { numRuns: 30 })
  })
})

describe('other refusals', () => {
  it('are each put down, but for the same of the same once more in a minute: what was tried is told [X69]', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const { platform } = bench.memory
    const caller = await bench.caller()
    for (let time = 0; time < 3; time++)
      for (const resource of ['requests/1', 'requests/2']) await refuse(platform, caller, { ...foreign, resource })
    await refuse(platform, caller, { ...foreign, what: 'DELETE /api/requests/{id}' })
    expect((await entries(bench)).map(({ what, resource }) => `${what} ${resource}`).sort()).toEqual([
      'DELETE /api/requests/{id} requests/1',
      'GET /api/requests/{id} requests/1',
      'GET /api/requests/{id} requests/2',
    ])
  })

  it('leave what is allowed alone: each deed has its entry [X69]', async () => {
    const bench = await EventBench.open(() => '', { worker: false })
    const caller = await bench.caller()
    for (let time = 0; time < 3; time++) await refuse(bench.memory.platform, caller, { ...foreign, decision: 'allowed' })
    expect(await entries(bench)).toHaveLength(3)
  })
})
