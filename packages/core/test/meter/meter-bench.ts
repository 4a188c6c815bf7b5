import { expect } from 'vitest'
import { z } from 'zod'
import { defineCollection } from '../../src/define/collection.ts'
import {
  type Caller,
  type Change,
  ConflictError,
  createPlatform,
  insert,
  LimitError,
  type ListQuery,
  type Platform,
  PlinthError,
  type Row,
  type Scope,
  type StateStore,
} from '../../src/index.ts'
import { type Reservation, refusalOf, release, reserve, settle } from '../../src/tenancy/meter/meter.ts'
import type { KeyLimits, TenantLimits } from '../../src/tenancy/tenant.ts'
import { type HostileOptions, type MemoryPlatform, scriptedModels } from '../../src/testing/index.ts'
import { EventBench } from '../event-driven/bench.ts'

/** Work that reserves, as a pattern's does: its reservation is kept with it, and settled with its end. */
export interface Work {
  readonly reservation: Reservation
  readonly minute: number
  readonly tokens: number
  /** What was in force when it was accepted. */
  readonly limits: TenantLimits
  readonly key?: { readonly id: string; readonly limits: KeyLimits }
  /** What it used; nothing where it ended without a call. */
  readonly end?: { readonly minute: number; readonly nano: number; readonly tokens: number; readonly called: boolean }
}

const works = defineCollection<Work>({ name: 'works', schema: 1, plain: z.custom<Work>(), sealed: [], lists: {} })
const place = (id: string): { partition: string; sort: string } => ({ partition: 'works', sort: id })
const tenant = 'alpha'
const minuteOf = (time: number): number => Math.floor(time / 60_000)
/** 1 USD per million tokens of input, 2 of output. */
export const price = { input: 1, output: 2, date: '2026-01-01', source: 'made up for tests' } as const
export const free = { ...price, input: 0, output: 0 } as const
export const usd = (nano: number): number => nano / 1e9
export const keyIds = { budgeted: 'aaaaaaaaaaaaaaaaaaaaaaaa', rated: 'bbbbbbbbbbbbbbbbbbbbbbbb' } as const
const tries = 30
const isOverTokenLimit = (error: unknown): boolean => PlinthError.is(error) && error.code === 'over_token_limit'

export interface Asked {
  readonly input: number
  readonly output: number
  readonly free?: boolean
  readonly key?: keyof typeof keyIds | undefined
}

/** The process is gone: what it asked the store for afterwards never happened. */
class DeadError extends Error {}

/** When something happens in the store: at once, unless a test puts it in an order of its own. */
export type Step = <Result>(work: () => Promise<Result>) => Promise<Result>

/** Several processes on one store, whose rows are looked at after every commit: what must hold, holds at every moment. */
export class MeterBench {
  readonly memory: MemoryPlatform
  /** As the registry has them. */
  limits: TenantLimits = {}
  keys: Readonly<Record<keyof typeof keyIds, KeyLimits>> = { budgeted: {}, rated: {} }
  readonly #caller: Caller
  readonly #step: Step
  readonly #seen = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()
  /** How many commits were looked at. */
  looks = 0

  private constructor(memory: MemoryPlatform, caller: Caller, step: Step) {
    this.memory = memory
    this.#caller = caller
    this.#step = step
  }

  static async open(options: { readonly hostile?: Partial<HostileOptions>; readonly step?: Step } = {}): Promise<MeterBench> {
    const bench = await EventBench.open(() => '', { worker: false })
    const meter = new MeterBench(bench.memory, await bench.caller(tenant), options.step ?? ((work) => work()))
    if (options.hostile) bench.memory.hostile.set(options.hostile)
    return meter
  }

  process(): Process {
    return new Process(this, (store) =>
      createPlatform(
        'memory',
        { ...this.memory.adapters, state: store },
        scriptedModels(() => ''),
      ),
    )
  }

  scope(platform: Platform, key?: keyof typeof keyIds): Scope {
    return platform.scope({
      ...this.#caller,
      settings: { ...this.#caller.settings, limits: this.limits },
      ...(key === undefined ? {} : { keyId: keyIds[key], keyLimits: this.keys[key] }),
    })
  }

  step<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#step(work)
  }

  /** Nothing else is committed meanwhile. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  /** All rows of the tenant. */
  async rows(): Promise<readonly Row[]> {
    return (await this.memory.inner.state.operations.rows(tenant, { limit: 1_000 })).items
  }

  async works(): Promise<ReadonlyMap<string, Work>> {
    const rows = await this.rows()
    return new Map(rows.filter((row) => row.collection === works.name).map((row) => [row.sort, row.index as unknown as Work]))
  }

  /** What is taken of a month, by account. */
  async taken(month: string): Promise<Readonly<Record<string, number>>> {
    const rows = (await this.rows()).filter((row) => row.collection === 'spending' && row.partition === month)
    return Object.fromEntries(rows.map((row) => [row.sort, Number(row.index.taken)]))
  }

  /** What the usage of a month comes to, in nano-dollars. */
  async spent(month: string): Promise<number> {
    const rows = (await this.rows()).filter((row) => row.collection === 'usage' && row.partition === month)
    return rows.reduce((sum, row) => sum + Number(row.index.nano_usd), 0)
  }

  /** Holds the counters to what the kept work says. */
  async look(): Promise<void> {
    this.looks++
    const rows = await this.rows()
    const all = new Map(
      rows.filter((row) => row.collection === works.name).map((row) => [row.sort, row.index as unknown as Work]),
    )
    const months = new Set([...all.values()].map(({ reservation }) => reservation.day.slice(0, 7)))
    for (const month of months) {
      const ofMonth = [...all.values()].filter(({ reservation }) => reservation.day.startsWith(month))
      const sums: Record<string, number> = { '@': 0 }
      for (const { reservation, end, key } of ofMonth) {
        const nano = end ? end.nano : reservation.taken
        sums['@'] = (sums['@'] ?? 0) + nano
        if (key?.limits.monthly_budget_usd !== undefined) sums[key.id] = (sums[key.id] ?? 0) + nano
      }
      const kept = rows.filter((row) => row.collection === 'spending' && row.partition === month)
      const taken = Object.fromEntries(kept.map((row) => [row.sort, Number(row.index.taken)]))
      for (const account of new Set([...Object.keys(sums), ...Object.keys(taken)]))
        expect(taken[account] ?? 0, `taken of ${month} ${account}`).toBe(sums[account] ?? 0)
      const used = ofMonth.reduce((sum, { end }) => sum + (end?.nano ?? 0), 0)
      const usage = rows.filter((row) => row.collection === 'usage' && row.partition === month)
      expect(
        usage.reduce((sum, row) => sum + Number(row.index.nano_usd), 0),
        `usage of ${month}`,
      ).toBe(used)
      expect(usage.reduce((sum, row) => sum + Number(row.index.requests), 0)).toBe(
        ofMonth.filter(({ end }) => end?.called).length,
      )
      for (const [id, work] of all) {
        if (this.#seen.has(id) || !work.reservation.day.startsWith(month)) continue
        this.#seen.add(id)
        this.#wasRightToAccept(work, taken, rows)
      }
    }
    this.#holdRates(rows, [...all.values()])
  }

  /** Just accepted: no limit that was in force for it is passed. */
  #wasRightToAccept(
    { limits, key, minute, reservation }: Work,
    taken: Readonly<Record<string, number>>,
    rows: readonly Row[],
  ): void {
    for (const [account, its] of [['@', limits], ...(key ? [[key.id, key.limits] as const] : [])] as const) {
      const { monthly_budget_usd: budget, requests_per_minute: requests, tokens_per_minute: tokens } = its
      if (budget !== undefined) {
        expect(taken[account] ?? 0, `the budget of ${account}`).toBeLessThanOrEqual(Math.round(budget * 1e9))
        // A spent budget ends the month, also for what costs nothing.
        if (reservation.taken === 0) expect(taken[account] ?? 0).toBeLessThan(Math.round(budget * 1e9))
      }
      if (this.#isGone(minute)) continue
      const rates = rows.find((row) => row.collection === 'rates' && row.sort === `${minute}/${account}`)?.index
      if (requests !== undefined) expect(rates?.requests, `requests of ${account}`).toBeLessThanOrEqual(requests)
      if (tokens !== undefined) expect(rates?.tokens, `tokens of ${account}`).toBeLessThanOrEqual(tokens)
    }
  }

  /** A process that stood still between asking and committing may be so late that its minute isn't kept any more. */
  #isGone(minute: number): boolean {
    return this.memory.clock.now() >= (minute + 3) * 60_000
  }

  /** A minute's counts are those of the work that was accepted in it; what it gave back within the minute isn't counted. */
  #holdRates(rows: readonly Row[], all: readonly Work[]): void {
    for (const row of rows.filter((each) => each.collection === 'rates')) {
      const [minute, account] = row.sort.split('/')
      if (this.#isGone(Number(minute))) continue
      let [requests, tokens] = [0, 0]
      for (const work of all) {
        const limits = account === '@' ? work.limits : work.key?.id === account ? work.key?.limits : undefined
        if (work.minute !== Number(minute) || !limits) continue
        if (limits.requests_per_minute !== undefined) requests++
        if (limits.tokens_per_minute === undefined) continue
        tokens += work.end?.minute === work.minute ? work.end.tokens : work.tokens
      }
      expect({ requests: row.index.requests ?? 0, tokens: row.index.tokens ?? 0 }, `rates of ${row.sort}`).toEqual({
        requests,
        tokens,
      })
    }
  }
}

/** One process on the store, which may die at any moment. */
export class Process implements Pick<StateStore, 'commit'> {
  alive = true
  readonly #bench: MeterBench
  readonly #platform: Platform

  constructor(bench: MeterBench, open: (store: StateStore) => Platform) {
    const { state } = bench.memory.adapters
    this.#bench = bench
    this.#platform = open({
      get: (key) => this.#step(() => state.get(key)),
      read: (...where) => state.read(...where),
      list: (query: ListQuery) => this.#step(() => state.list(query)),
      commit: (change, durability) => this.commit(change, durability),
      add: (...what) => this.#step(() => state.add(...what)),
      events: (...what) => this.#step(() => state.events(...what)),
    })
  }

  /** @returns `accepted`, `repeated` for an id that has its place, or why it was refused. */
  accept(id: string, asked: Asked): Promise<string> {
    const { input: inputTokens, output: outputTokens, key } = asked
    const scope = this.#bench.scope(this.#platform, key)
    const { clock } = scope
    const expected = { prices: [asked.free ? free : price], inputTokens, outputTokens }
    const isThere = async (): Promise<boolean> => (await scope.state.get(works, place(id))) !== undefined
    return this.#persist(async () => {
      try {
        const minute = minuteOf(clock.now())
        const { writes, reservation } = reserve(scope, expected)
        const { limits } = scope.tenant
        const ofKey = key && { key: { id: keyIds[key], limits: this.#bench.keys[key] } }
        const work = { reservation, minute, tokens: inputTokens + outputTokens, limits, ...ofKey }
        await scope.state.commit({ writes: [insert(works, place(id), work), ...writes] })
        return 'accepted'
      } catch (error) {
        if (!(error instanceof ConflictError || error instanceof LimitError || isOverTokenLimit(error))) throw error
        if (await isThere()) return 'repeated'
        if (error instanceof LimitError) return refusalOf(scope, error).code
        return isOverTokenLimit(error) ? 'over_token_limit' : Promise.reject(error)
      }
    })
  }

  /** @param used how much of the most tokens the call used; undefined when there was none. */
  end(id: string, used: number | undefined): Promise<string> {
    const scope = this.#bench.scope(this.#platform)
    return this.#persist(async () => {
      const record = await scope.state.get(works, place(id))
      if (!record || record.fields.end) return 'nothing to do'
      const { reservation } = record.fields
      const share = used ?? 0
      const [input_tokens, output_tokens] = [reservation.input_tokens, Math.round(reservation.output_tokens * share)]
      const nano =
        used === undefined ? 0 : Math.round((reservation.taken === 0 ? 0 : 1) * (input_tokens * 1_000 + output_tokens * 2_000))
      const minute = minuteOf(scope.clock.now())
      const called = used !== undefined
      const end = { minute, nano, tokens: called ? input_tokens + output_tokens : 0, called }
      const usage = { input_tokens, output_tokens, usd: usd(nano), latency_ms: 1 }
      const also = called
        ? settle(scope, reservation, { usage, model: 'test/model', user: `user ${id}` })
        : release(scope, reservation)
      await scope.state.update(works, record, { ...record.fields, end }, { also })
      return 'ended'
    })
  }

  commit(change: Change, durability?: 'synced' | 'relaxed'): Promise<void> {
    return this.#step(() =>
      this.#bench.alone(async () => {
        try {
          await this.#bench.memory.adapters.state.commit(change, durability)
        } finally {
          await this.#bench.look()
        }
      }),
    )
  }

  /** As clients and workers do it: again, when it collided or the answer was lost; never, when the process is gone. */
  async #persist(work: () => Promise<string>): Promise<string> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof DeadError) return 'died'
        if (!(error instanceof ConflictError) && !(PlinthError.is(error) && error.code === 'no_answer')) throw error
      }
    }
    throw new Error('It never came through.')
  }

  #step<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#bench.step(async () => {
      if (!this.alive) throw new DeadError()
      return work()
    })
  }
}
