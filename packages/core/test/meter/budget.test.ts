import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TenantLimits } from '../../src/tenancy/tenant.ts'
import { type Asked, keyIds, MeterBench, type Process, usd } from './meter-bench.ts'

const ids = fc.integer({ min: 0, max: 14 }).map(String)
const process = fc.nat({ max: 2 })
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(value, { nil: undefined })
/** A few of the works below fit into it. */
const budget = fc.constantFrom(0, 1, 300_000, 900_000, 2_000_000).map(usd)
const rates = { requests: fc.constantFrom(0, 1, 3, 6), tokens: fc.constantFrom(0, 200, 600, 1_500) }

const asked: fc.Arbitrary<Asked> = fc.record({
  input: fc.integer({ min: 0, max: 100 }),
  output: fc.integer({ min: 1, max: 200 }),
  free: fc.boolean().map((all) => all && true),
  key: fc.constantFrom(undefined, undefined, 'budgeted' as const, 'rated' as const),
})
const accept = fc.record({ kind: fc.constant('accept' as const), process, id: ids, asked })
const end = fc.record({
  kind: fc.constant('end' as const),
  process,
  id: ids,
  used: fc.constantFrom(undefined, 0, 0.1, 0.5, 1, 1, 1.5, 3),
})
const limits = fc.record({
  kind: fc.constant('limits' as const),
  limits: fc.record({
    monthly_budget_usd: optional(budget),
    requests_per_minute: optional(rates.requests),
    tokens_per_minute: optional(rates.tokens),
  }),
})
const kill = fc.record({ kind: fc.constant('kill' as const), process })
/** To within the minute, to the next one, over the border of the month. */
const pass = fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.constantFrom(1, 20_000, 60_000, 600_000) })

type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never
type Event = Of<typeof accept> | Of<typeof end> | Of<typeof limits> | Of<typeof kill> | Of<typeof pass>
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: accept },
  { weight: 6, arbitrary: end },
  { weight: 2, arbitrary: limits },
  { weight: 1, arbitrary: kill },
  { weight: 2, arbitrary: pass },
)
/** What of them happens at the same time. */
const rounds = fc.array(fc.array(event, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 })

class Run {
  readonly bench: MeterBench
  readonly processes: Process[]
  readonly outcomes: string[] = []

  constructor(bench: MeterBench) {
    this.bench = bench
    this.processes = [bench.process(), bench.process(), bench.process()]
  }

  async happen(event: Event): Promise<void> {
    if (event.kind === 'limits') {
      const given = Object.entries(event.limits).filter(([, value]) => value !== undefined)
      this.bench.limits = Object.fromEntries(given) as TenantLimits
    } else if (event.kind === 'pass') this.bench.memory.clock.jump(this.bench.memory.clock.now() + event.milliseconds)
    else {
      const its = this.processes[event.process]
      if (!its) return
      if (event.kind === 'accept') this.outcomes.push(await its.accept(event.id, event.asked))
      else if (event.kind === 'end') await its.end(event.id, event.used)
      else {
        its.alive = false
        this.processes[event.process] = this.bench.process()
      }
    }
  }

  /** Nothing goes wrong any more, and all work ends. */
  async endAll(): Promise<void> {
    this.bench.memory.hostile.calm()
    for (const [id, { end }] of await this.bench.works())
      if (!end) await this.processes[0]?.end(id, id.length % 2 ? 0.5 : undefined)
  }
}

describe('what is taken of a budget', () => {
  it('is spent or reserved at every moment, and never more than the budget when work is let in: any interleaving [X14, X68, R112]', async () => {
    const met = new Set<string>()
    const property = fc.asyncProperty(
      fc.scheduler(),
      rounds,
      fc.boolean(),
      fc.integer(),
      async (scheduler, plan, hostile, seed) => {
        const bench = await MeterBench.open({
          ...(hostile ? { hostile: { conflict: 0.15, ambiguousCommit: 0.1 } } : {}),
          step: (work) => scheduler.scheduleFunction(work)(),
        })
        for (let draws = Math.abs(seed) % 50; draws > 0; draws--) bench.memory.clock.random()
        bench.memory.clock.jump(Date.UTC(2026, 0, 31, 23, 58, 30))
        bench.keys = { budgeted: { monthly_budget_usd: usd(600_000) }, rated: { requests_per_minute: 2, tokens_per_minute: 400 } }
        const run = new Run(bench)
        for (const events of plan) {
          await scheduler.waitFor(Promise.all(events.map((each) => run.happen(each))))
          await bench.look()
        }
        await scheduler.waitFor(run.endAll())
        for (const month of ['2026-01', '2026-02']) {
          const taken = await bench.taken(month)
          expect(taken['@'] ?? 0).toBe(await bench.spent(month))
          const works = [...(await bench.works()).values()].filter(({ reservation }) => reservation.day.startsWith(month))
          const budgets = works.map(({ limits: { monthly_budget_usd: each } }) => each ?? Number.POSITIVE_INFINITY)
          const beyond = works.reduce((sum, { end, reservation }) => sum + Math.max(0, (end?.nano ?? 0) - reservation.taken), 0)
          expect(await bench.spent(month)).toBeLessThanOrEqual(Math.max(0, ...budgets) * 1e9 + beyond)
          expect(taken[keyIds.budgeted] ?? 0).toBeLessThanOrEqual(600_000 + beyond)
          if (works.length > 0) met.add(month)
        }
        for (const outcome of run.outcomes) met.add(outcome)
      },
    )
    await fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: 40_000 })
    // It did try what it means to.
    expect([...met].sort()).toEqual(
      ['2026-01', '2026-02', 'accepted', 'budget_exhausted', 'died', 'over_token_limit', 'rate_limited', 'repeated'].sort(),
    )
  })
})
