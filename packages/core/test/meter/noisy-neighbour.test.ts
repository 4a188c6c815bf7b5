import { describe, expect, it } from 'vitest'
import { type Platform, patterns, processGenaiRequest, Relay, type Scope, silentLog, WorkerHost } from '../../src/index.ts'
import type { TenantLimits } from '../../src/tenancy/tenant.ts'
import { EventBench } from '../event-driven/bench.ts'

const tenantOf = (prompt: string): string => prompt.split(' ')[0] ?? ''

/** A bench whose model takes a while, and how often work was handed to a worker. */
class Neighbours {
  readonly bench: EventBench
  /** Whose call began, in order, and when. */
  readonly calls: { readonly prompt: string; readonly at: number }[]
  readonly deliveries = new Map<string, number>()
  readonly #worker: { stop(): Promise<unknown> }

  private constructor(bench: EventBench, calls: Neighbours['calls']) {
    this.bench = bench
    this.calls = calls
    const { platform } = bench.memory
    const counting: Platform = {
      ...platform,
      scope: (caller, action): Scope => {
        this.deliveries.set(caller.tenant, (this.deliveries.get(caller.tenant) ?? 0) + 1)
        return platform.scope(caller, action)
      },
    }
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    const host = new WorkerHost({ platform: counting, patterns, log: silentLog })
    this.#worker = { stop: () => Promise.all([host.drain(), relay.stop()]) }
  }

  static async open(takes: number, limits: TenantLimits = {}): Promise<Neighbours> {
    const calls: Neighbours['calls'] = []
    const bench: EventBench = await EventBench.open(
      async ({ prompt }) => {
        calls.push({ prompt, at: bench.memory.clock.now() })
        await new Promise<void>((resolve) => bench.memory.clock.setTimer(takes, resolve))
        return 'Done.'
      },
      { worker: false },
    )
    await bench.registry.change('alpha', (settings) => ({ ...settings, limits }))
    return new Neighbours(bench, calls)
  }

  async submit(tenant: string, count: number, first = 0): Promise<void> {
    const scope = await this.bench.scope(tenant)
    for (let index = first; index < first + count; index++) await processGenaiRequest(scope, { prompt: `${tenant} ${index}` })
  }

  called(tenant: string): readonly { readonly prompt: string; readonly at: number }[] {
    return this.calls.filter(({ prompt }) => tenantOf(prompt) === tenant)
  }

  stop(): Promise<unknown> {
    return Promise.race([this.#worker.stop(), this.bench.pass(60_000, 10_000)])
  }
}

/** The promise of the queue (ports/queue.ts), kept by the whole way from acceptance to the model; its contract holds every queue to it. */
describe('under the flood of one tenant', () => {
  it('each request of another is the next or the one after when a worker is free: 5,000 before it change nothing [X68, R112]', {
    timeout: 600_000,
  }, async () => {
    const neighbours = await Neighbours.open(50)
    const { bench } = neighbours
    await neighbours.submit('alpha', 5_000)
    await bench.pass(200, 50)
    const passed: number[] = []
    for (let index = 0; index < 20; index++) {
      await neighbours.submit('beta', 1, index)
      const before = neighbours.calls.length
      while (neighbours.called('beta').length <= index) await bench.pass(10, 10)
      passed.push(neighbours.calls.findIndex(({ prompt }) => prompt === `beta ${index}`) - before)
    }
    expect(neighbours.called('alpha').length).toBeLessThan(5_000)
    expect(Math.max(...passed)).toBeLessThanOrEqual(2)
    // A hundred at once have every other turn.
    const before = neighbours.calls.length
    await neighbours.submit('beta', 100, 20)
    while (neighbours.called('beta').length < 120) await bench.pass(50, 50)
    const last = neighbours.calls.findIndex(({ prompt }) => prompt === 'beta 119')
    expect(last - before).toBeLessThanOrEqual(2 * 100 + 2)
    await neighbours.stop()
  })

  it('that is above its limit of one call at a time another works as ever, and nobody spins [X68, R112]', {
    timeout: 600_000,
  }, async () => {
    const neighbours = await Neighbours.open(500, { concurrent: 1 })
    const { bench, deliveries } = neighbours
    await neighbours.submit('alpha', 1_000)
    await bench.pass(5_000, 500)
    const waits: number[] = []
    for (let index = 0; index < 10; index++) {
      const sent = bench.memory.clock.now()
      await neighbours.submit('beta', 1, index)
      await bench.pass(1_000, 100)
      waits.push((neighbours.called('beta')[index]?.at ?? Number.POSITIVE_INFINITY) - sent)
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(100)
    const seconds = 15
    const served = neighbours.called('alpha').map(({ at }) => at)
    for (const [index, at] of served.entries()) expect(at - (served[index - 1] ?? 0)).toBeGreaterThanOrEqual(500)
    // All of the time one call of it runs.
    expect(served.length).toBeGreaterThanOrEqual(2 * seconds - 2)
    // A hundred a second come, and are sent away again.
    expect(deliveries.get('alpha')).toBeLessThanOrEqual(110 * seconds + 64)
    expect(deliveries.get('beta')).toBe(10)
    await neighbours.stop()
  })
})
