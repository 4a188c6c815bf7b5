import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Admission,
  type AdmissionRequest,
  type Lane,
  ModelFailure,
  type ModelLimit,
  type Permit,
  ProcessGate,
  tenantGate,
} from '../../src/index.ts'
import { TenantConcurrency } from '../../src/language-model/tenant-concurrency.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { type Kind, mostWithin, SimulatedWorker } from '../language-model/gate-bench.ts'

/** The gates of one process, on a clock that stands still. */
class Gates {
  readonly clock: FakeClock
  readonly models: ProcessGate
  readonly tenants: TenantConcurrency

  constructor(
    options: {
      readonly limits?: Readonly<Record<string, ModelLimit>>
      readonly seed?: number
      readonly concurrency?: number
    } = {},
  ) {
    const { concurrency } = options
    this.clock = new FakeClock(options.seed === undefined ? {} : { seed: options.seed })
    const shared = { clock: this.clock, ...(concurrency === undefined ? {} : { concurrency }) }
    this.models = new ProcessGate({ ...shared, limits: new Map(Object.entries(options.limits ?? {})) })
    this.tenants = new TenantConcurrency(shared)
  }

  admit(
    tenant: string,
    limit: number | undefined,
    request: Partial<AdmissionRequest> = {},
    model = 'm',
  ): Admission | Promise<Admission> {
    const gate = this.tenants.behind(tenantGate(this.models, tenant), tenant, limit)
    return gate.admit(model, { tokens: 1, lane: 'normal', patience: 1_000, ...request })
  }

  async permit(tenant: string, limit: number): Promise<Permit> {
    const admission = await this.admit(tenant, limit)
    if (!admission.admitted) throw new Error('It was refused.')
    return admission
  }

  /** A worker whose tenants have these limits. */
  worker(limits: Readonly<Record<string, number>>, takes: (kind: Kind) => number): SimulatedWorker {
    const gate: Pick<ProcessGate, 'admit'> = {
      admit: (model, { tenant, weight, ...request }) =>
        this.tenants.behind(tenantGate(this.models, tenant, weight), tenant, limits[tenant]).admit(model, request),
    }
    return new SimulatedWorker(gate as ProcessGate, this.clock, 64, (kind) => ({ takes: takes(kind), ends: 500 }))
  }
}

interface Wait {
  readonly tenant: string
  readonly limit: number | undefined
  readonly controller: AbortController
  decided: 'admitted' | 'refused' | 'aborted' | 'failed' | undefined
}

/** Who calls and who waits, as whoever asked knows it: held against what they are let do. */
class Ledger {
  readonly calls: { readonly wait: Wait; readonly permit: Permit }[] = []
  readonly waits: Wait[] = []
  readonly met = new Set<string>()
  readonly limits = new Map<string, number | undefined>(Object.entries({ a: 1, b: 3, c: undefined }))
  readonly #gates: Gates
  #fault: unknown

  /** Whether nobody waits for a model. */
  readonly exact: boolean

  constructor(gates: Gates, exact: boolean) {
    this.#gates = gates
    this.exact = exact
  }

  ask(tenant: string, request: Partial<AdmissionRequest>, model: string): void {
    const limit = this.limits.get(tenant)
    const wait: Wait = { tenant, limit, controller: new AbortController(), decided: undefined }
    this.waits.push(wait)
    void this.#decide(wait, { ...request, signal: wait.controller.signal }, model).catch((error: unknown) => {
      if (wait.controller.signal.aborted) wait.decided = 'aborted'
      else if (error instanceof ModelFailure) wait.decided = 'failed'
      else this.#fault ??= error
      if (wait.decided) this.met.add(wait.decided)
    })
  }

  async #decide(wait: Wait, request: Partial<AdmissionRequest>, model: string): Promise<void> {
    const { tenant, limit } = wait
    const admission = await this.#gates.admit(tenant, limit, request, model)
    wait.decided = admission.admitted ? 'admitted' : 'refused'
    this.met.add(admission.admitted ? 'admitted' : admission.reason)
    if (!admission.admitted) {
      expect(admission.retryAt).toBeGreaterThan(this.#gates.clock.now())
      return
    }
    const beside = this.calls.filter((call) => call.wait.tenant === tenant && call.wait.limit !== undefined)
    if (limit !== undefined) expect(beside.length, `calls of ${tenant}`).toBeLessThan(this.#mostNow(tenant))
    this.calls.push({ wait, permit: admission })
  }

  /** The limit as it was last said. Who waits for a model may have had its turn before: under any that was said since the oldest one. */
  #mostNow(tenant: string): number {
    const said = this.waits.filter((wait) => wait.tenant === tenant && wait.limit !== undefined)
    const oldest = said.findIndex((wait) => wait.decided === undefined || this.calls.some((call) => call.wait === wait))
    const since = this.exact ? said.slice(-1) : said.slice(Math.max(0, oldest))
    return Math.max(0, ...since.map(({ limit }) => limit ?? 0))
  }

  end(index: number, how: 'settled' | 'twice' | 'released' | 'closed'): void {
    const [call] = this.calls.splice(index % Math.max(1, this.calls.length), 1)
    if (!call) return
    if (how === 'settled' || how === 'twice') call.permit.settle(1)
    if (how !== 'settled')
      call.permit.release(how === 'closed' ? new ModelFailure('throttle', 'x', '', { retryAfter: 3 }) : undefined)
  }

  abort(index: number): void {
    const waiting = this.waits.filter(({ decided }) => decided === undefined)
    waiting[index % Math.max(1, waiting.length)]?.controller.abort(new Error('lost'))
  }

  check(): void {
    if (this.#fault) throw this.#fault
    for (const tenant of ['a', 'b', 'c']) {
      const { running, waiting } = this.#gates.tenants.state(tenant)
      const limit = this.limits.get(tenant)
      if (limit === undefined) continue
      expect(waiting).toBeLessThanOrEqual(
        this.waits.filter((wait) => wait.tenant === tenant && wait.decided === undefined).length,
      )
      // Nobody waits while there is a turn; who has one may wait for a model.
      const said = this.waits.findLast((wait) => wait.tenant === tenant && wait.limit !== undefined)?.limit ?? 0
      if (waiting > 0) expect(running).toBeGreaterThanOrEqual(said)
    }
  }
}

describe('how many calls a tenant has at a time, by any sequence of events', () => {
  const tenant = fc.constantFrom('a', 'b', 'c')
  const lanes: readonly Lane[] = ['high', 'normal', 'low']
  const event = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        tenant,
        count: fc.integer({ min: 1, max: 6 }),
        lane: fc.constantFrom(...lanes),
        tokens: fc.constantFrom(1, 1, 500, 2_000),
        patience: fc.constantFrom(0, 500, 5_000),
        from: fc.constantFrom('worker' as const, 'worker' as const, 'edge' as const),
        model: fc.constantFrom('free', 'few', 'tokens'),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        index: fc.nat(),
        how: fc.constantFrom('settled' as const, 'twice' as const, 'released' as const, 'closed' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), index: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('limit' as const), tenant, limit: fc.constantFrom(1, 2, 3, 5, undefined) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.constantFrom(1, 700, 6_000, 30_000) }),
    },
  )

  it('is never above its limit, whatever becomes of its calls; each is decided, and everything is given back [X68]', async () => {
    const met = new Set<string>()
    const property = fc.asyncProperty(
      fc.array(event, { maxLength: 100, size: 'max' }),
      fc.record({ seed: fc.integer(), stops: fc.boolean(), exact: fc.boolean() }),
      async (events, { seed, stops, exact }) => {
        const gates = new Gates({
          seed,
          concurrency: 12,
          limits: { few: { concurrency: 2 }, tokens: { tokensPerMinute: 1_000 } },
        })
        const ledger = new Ledger(gates, exact)
        for (const each of events) {
          if (each.kind === 'ask') {
            const { tenant: name, count, model, kind: _, ...request } = each
            for (let left = count; left > 0; left--) ledger.ask(name, request, exact ? 'free' : model)
          } else if (each.kind === 'end') ledger.end(each.index, exact && each.how === 'closed' ? 'released' : each.how)
          else if (each.kind === 'abort') ledger.abort(each.index)
          else if (each.kind === 'limit') ledger.limits.set(each.tenant, each.limit)
          await gates.clock.advance(each.kind === 'pass' ? each.milliseconds : 0)
          ledger.check()
        }
        if (stops) {
          gates.tenants.stop()
          gates.models.stop()
          await gates.clock.advance(0)
          expect(ledger.waits.filter(({ decided }) => decided === undefined)).toEqual([])
        }
        for (let minute = 0; minute < 4; minute++) {
          while (ledger.calls.length > 0) ledger.end(0, 'settled')
          await gates.clock.advance(60_000)
        }
        while (ledger.calls.length > 0) ledger.end(0, 'settled')
        expect(ledger.waits.filter(({ decided }) => decided === undefined)).toEqual([])
        await gates.clock.advance(1_000)
        expect(gates.tenants.tenants, 'tenants kept in mind').toBe(0)
        expect(gates.clock.timers).toBe(0)
        for (const each of ledger.met) met.add(each)
      },
    )
    await fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: 20_000 })
    expect([...met].sort()).toEqual(['aborted', 'admitted', 'failed', 'model_busy', 'model_closed', 'tenant_busy'])
  })
})

describe('a limit that is changed', () => {
  it('downwards lets nobody in until enough of those that run have ended', async () => {
    const gates = new Gates()
    const running = await Promise.all([1, 2, 3, 4].map(() => gates.permit('a', 4)))
    let admitted = 0
    const next = Promise.resolve(gates.admit('a', 2, { patience: 60_000 })).then((admission) => {
      if (admission.admitted) admitted++
    })
    for (const [index, permit] of running.entries()) {
      permit.settle(1)
      await gates.clock.advance(0)
      expect(admitted, `after ${index + 1} have ended`).toBe(index < 2 ? 0 : 1)
    }
    await next
  })

  it('upwards lets more in at once, and not more than it says', async () => {
    const gates = new Gates()
    const running = [await gates.permit('a', 1), await gates.permit('a', 3), await gates.permit('a', 3)]
    expect(await gates.admit('a', 3, { patience: 0 })).toMatchObject({ admitted: false, reason: 'tenant_busy' })
    for (const permit of running) permit.release()
    expect(gates.tenants.tenants).toBe(0)
  })

  it('back and forth counts every call once', async () => {
    const gates = new Gates()
    const running: Permit[] = []
    for (const limit of [1, 5, 2, 5, 3, 5]) {
      const admission = await gates.admit('a', limit, { from: 'edge', patience: 0 })
      if (admission.admitted) running.push(admission)
    }
    expect(running).toHaveLength(4)
    running.shift()?.release()
    running.push(await gates.permit('a', 4))
    expect(await gates.admit('a', 4, { from: 'edge', patience: 0 })).toMatchObject({ admitted: false })
    for (const permit of running) permit.settle(1)
    expect(gates.tenants.state('a')).toMatchObject({ running: 0, waiting: 0 })
    expect(gates.tenants.tenants).toBe(0)
  })
})

describe('a turn of a tenant', () => {
  it('is given back when the model lets nobody in, asks for too much, or is waited for in vain', async () => {
    const gates = new Gates({ limits: { full: { concurrency: 1 }, small: { tokensPerMinute: 10 } } })
    gates.models.close('closed', gates.clock.now() + 60_000)
    await gates.models.admit('full', { tokens: 1, lane: 'normal', tenant: 'z', patience: 0 })
    const edge = { from: 'edge', patience: 0 } as const
    expect(await gates.admit('a', 1, edge, 'closed')).toMatchObject({ reason: 'model_closed' })
    expect(await gates.admit('a', 1, edge, 'full')).toMatchObject({ reason: 'model_busy' })
    await expect(gates.admit('a', 1, { tokens: 11 }, 'small')).rejects.toMatchObject({ code: 'over_model_limit' })
    const controller = new AbortController()
    const lost = expect(gates.admit('a', 1, { signal: controller.signal }, 'full')).rejects.toThrow('lost')
    await gates.clock.advance(0)
    expect(gates.tenants.state('a').running).toBe(1)
    controller.abort(new Error('lost'))
    await lost
    expect(gates.tenants.tenants).toBe(0)
    expect(await gates.admit('a', 1, edge)).toMatchObject({ admitted: true })
  })

  it('is waited for in order of lanes, and by nobody once the process is about to end [X68]', async () => {
    const gates = new Gates()
    const first = await gates.permit('a', 1)
    const order: string[] = []
    const wait = async (name: string, request: Partial<AdmissionRequest>): Promise<void> => {
      const admission = await gates.admit('a', 1, { patience: 60_000, ...request })
      order.push(`${name} ${admission.admitted ? 'in' : admission.reason}`)
    }
    const all = [wait('low', { lane: 'low' }), wait('high', { lane: 'high' })]
    await gates.clock.advance(0)
    first.settle(1)
    await gates.clock.advance(0)
    expect(order).toEqual(['high in'])
    gates.tenants.stop()
    await Promise.all(all)
    expect(order).toEqual(['high in', 'low tenant_busy'])
    for (const tenant of ['a', 'b']) {
      await gates.admit(tenant, 1, { patience: 60_000 })
      expect(await gates.admit(tenant, 1, { patience: 60_000 })).toMatchObject({ admitted: false, reason: 'tenant_busy' })
    }
  })
})

describe('whoever waits for a turn', () => {
  it.each([[['low', 'low', 'high', 'normal']], [['high', 'low', 'low', 'normal']], [['normal', 'low', 'high', 'low']]] as const)(
    'of a lower lane goes for one of a higher, when there is no room for both: %j',
    async (lanes) => {
      const gates = new Gates()
      await gates.permit('a', 1)
      const refused: string[] = []
      for (const lane of lanes) {
        void Promise.resolve(gates.admit('a', 1, { lane, patience: 60_000 })).then(
          ({ admitted }) => admitted || refused.push(lane),
        )
        await gates.clock.advance(50)
      }
      expect(refused).toEqual(['low', 'low'])
      expect(gates.tenants.state('a')).toMatchObject({ running: 1, waiting: 2 })
    },
  )
})

describe('a worker whose tenant has more than its limit', () => {
  const flood: Kind = { model: 'm', lane: 'normal', tenant: 'flood' }
  const quiet: Kind = { model: 'm', lane: 'normal', tenant: 'quiet' }
  const of = (worker: SimulatedWorker, { tenant }: Kind): SimulatedWorker['served'] =>
    worker.served.filter(({ kind }) => kind.tenant === tenant)

  it.each([
    [1, 1_000],
    [1, 20],
    [8, 100],
  ])(
    'has %i at a time of %i ms, all of the time, and sends the others away no faster than 100 a second [X68]',
    async (limit, takes) => {
      const gates = new Gates()
      const worker = gates.worker({ flood: limit }, () => takes)
      worker.send(flood, 100_000)
      await gates.clock.advance(20_000)
      expect(of(worker, flood).length).toBeGreaterThanOrEqual((limit * 20_000 * 0.98) / takes - limit)
      expect(of(worker, flood).length).toBeLessThanOrEqual((limit * 20_000) / takes)
      expect(mostWithin(worker.deferrals, 1_000)).toBeLessThanOrEqual(110)
    },
  )

  it.each([
    ['without a limit', {}],
    ['with one of its own', { quiet: 64 }],
  ])('works the jobs of a tenant %s nearly as fast as alone [X68, R112]', async (_, limits) => {
    const time = async (floods: boolean): Promise<number> => {
      const gates = new Gates()
      const worker = gates.worker({ flood: 1, ...limits }, ({ tenant }) => (tenant === 'quiet' ? 200 : 1_000))
      if (floods) worker.send(flood, 1_000_000)
      await gates.clock.advance(10_000)
      const began = gates.clock.now()
      worker.send(quiet, 1_280)
      await gates.clock.advance(7_000)
      expect(of(worker, quiet)).toHaveLength(1_280)
      return Math.max(...of(worker, quiet).map(({ ended }) => ended)) - began
    }
    expect(await time(false)).toBe(4_000)
    // At a hundred a second it would be 13 seconds.
    expect(await time(true)).toBeLessThanOrEqual(5_500)
  })

  it('lets a single job of another begin within a tenth of a second, whenever it comes', async () => {
    const gates = new Gates()
    const worker = gates.worker({ flood: 2 }, () => 500)
    worker.send(flood, 1_000_000)
    for (let time = 1; time <= 20; time++) {
      await gates.clock.advance(1_000 + gates.clock.random() * 1_000)
      const sent = gates.clock.now()
      worker.send(quiet, 1)
      await gates.clock.advance(1_000)
      const started = of(worker, quiet).at(-1)?.started ?? Number.POSITIVE_INFINITY
      expect(of(worker, quiet)).toHaveLength(time)
      expect(started - sent).toBeLessThanOrEqual(100)
    }
  })

  describe('together with forty others', () => {
    const names = Array.from({ length: 40 }, (_, index) => `tenant-${index}`)
    const limits = Object.fromEntries(names.map((name) => [name, 1]))
    const crowd = async (takes: number): Promise<{ gates: Gates; worker: SimulatedWorker }> => {
      const gates = new Gates()
      const worker = gates.worker(limits, ({ tenant }) => (tenant === 'quiet' ? 100 : takes))
      for (const tenant of names) worker.send({ model: 'm', lane: 'normal', tenant }, 100_000)
      await gates.clock.advance(10_000)
      return { gates, worker }
    }

    it('lets a job of another begin soon, and no more go than a hundred a second [X68, R112]', async () => {
      const { gates, worker } = await crowd(Number.MAX_SAFE_INTEGER)
      const delays: number[] = []
      for (let time = 1; time <= 10; time++) {
        const sent = gates.clock.now()
        worker.send(quiet, 1)
        await gates.clock.advance(2_000)
        delays.push((of(worker, quiet)[time - 1]?.started ?? Number.POSITIVE_INFINITY) - sent)
      }
      // Each of the others has a turn before it.
      expect(Math.max(...delays)).toBeLessThanOrEqual(500)
      expect(worker.deferrals.length).toBeLessThanOrEqual(30 * 100 + 10 + 10 * (names.length + 8))
    })

    it('lets all of another’s jobs come one after the other, and each of the forty has its call at all times [R112]', async () => {
      const { gates, worker } = await crowd(5_000)
      worker.send(quiet, 1_000)
      await gates.clock.advance(20_000)
      expect(of(worker, quiet)).toHaveLength(1_000)
      for (const tenant of names) expect(of(worker, { ...quiet, tenant }).length, tenant).toBeGreaterThanOrEqual(5)
    })
  })

  it('starves none of two hundred such tenants, nor the one that has no limit [R112]', async () => {
    const gates = new Gates()
    const names = Array.from({ length: 200 }, (_, index) => `tenant-${index}`)
    const worker = gates.worker(Object.fromEntries(names.map((name) => [name, 1])), () => 200)
    for (const tenant of names) worker.send({ model: 'm', lane: 'normal', tenant }, 20)
    await gates.clock.advance(2_000)
    worker.send(quiet, 20)
    const began = gates.clock.now()
    await gates.clock.advance(60_000)
    for (const tenant of names) expect(of(worker, { ...quiet, tenant }).length, tenant).toBe(20)
    expect(of(worker, quiet)).toHaveLength(20)
    // A turn comes every 201 jobs, of which 64 are worked at a time, in 200 ms.
    expect(Math.max(...of(worker, quiet).map(({ ended }) => ended)) - began).toBeLessThan(30_000)
    expect(gates.tenants.tenants).toBe(0)
  })
})
