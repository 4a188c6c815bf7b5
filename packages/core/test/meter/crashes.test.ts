import { APICallError } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RequestFields } from '../../src/event-driven/requests.ts'
import {
  cancelRequest,
  createPlatform,
  PlinthError,
  patterns,
  processGenaiRequest,
  Relay,
  redriveAll,
  type StateStore,
  silentLog,
  UnavailableError,
  WorkerHost,
} from '../../src/index.ts'
import { hostileDefaults, type ScriptedCall } from '../../src/testing/index.ts'
import { EventBench } from '../event-driven/bench.ts'
import { keyIds, usd } from './meter-bench.ts'

const second = 1_000
const minute = 60 * second
/** Some eight requests fit. */
const budget = 1_600_000
const keyBudget = 500_000

/** What the model does with each attempt of a prompt, one letter an attempt, the last one for all that follow. */
const behaviours = ['a', 'l', 's', 'sl', 'ta', 'fl', 'p', 'ps', 'sp'] as const

async function behave(
  { prompt, attempt }: ScriptedCall,
  wait: (milliseconds: number) => Promise<void>,
): Promise<object | string> {
  const letters = prompt.split(' ')[1] ?? 'a'
  const letter = letters[Math.min(attempt, letters.length) - 1]
  const statusCode = { t: 429, f: 500, p: 400 }[letter ?? '']
  if (statusCode !== undefined) throw new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode })
  if (letter !== 'a') await wait(letter === 's' ? 30 * second : 2 * second)
  // More than it was let in for.
  const tokens = (total: number): object => ({ total })
  return letter === 'l'
    ? { content: [{ type: 'text', text: 'Long.' }], usage: { inputTokens: tokens(9), outputTokens: tokens(130) } }
    : 'An answer.'
}

/** A process that works on the bench's store until it dies. */
class Worker {
  readonly #stopped: () => Promise<unknown>
  #alive = true

  constructor(bench: EventBench) {
    const { adapters } = bench.memory
    const inner = adapters.state
    const alive = <Arguments extends unknown[], Result>(method: (...given: Arguments) => Promise<Result>) => {
      return async (...given: Arguments): Promise<Result> => {
        if (!this.#alive) throw new UnavailableError('dead', 'The process is gone.')
        return method(...given)
      }
    }
    const state: StateStore = {
      get: alive((key) => inner.get(key)),
      read: (...where) => inner.read(...where),
      list: alive((query) => inner.list(query)),
      commit: alive((...what) => inner.commit(...what)),
      add: alive((...what) => inner.add(...what)),
      events: alive((...what) => inner.events(...what)),
    }
    const platform = createPlatform('memory', { ...adapters, state }, bench.models)
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    const host = new WorkerHost({ platform, patterns, log: silentLog })
    this.#stopped = () => Promise.all([host.drain(), relay.stop()])
  }

  /** From one moment to the next it does nothing any more; what it had leased is delivered to another. */
  kill(): void {
    this.#alive = false
    void this.#stopped()
  }

  stop(): Promise<unknown> {
    return this.#stopped()
  }
}

interface Counted {
  readonly taken: Readonly<Record<string, number>>
  readonly requests: readonly RequestFields[]
  readonly used: number
}

/** What is counted, and what the requests say, at one moment. */
async function counted(bench: EventBench): Promise<Counted> {
  const { items } = await bench.memory.inner.state.operations.rows('alpha', { limit: 1_000 })
  const taken: Record<string, number> = {}
  for (const { collection, sort, index } of items)
    if (collection === 'spending') taken[sort] = (taken[sort] ?? 0) + Number(index.taken)
  const used = items.reduce((sum, { collection, index }) => sum + (collection === 'usage' ? Number(index.nano_usd) : 0), 0)
  const requests = items
    .filter(({ collection }) => collection === 'requests')
    .map(({ index }) => index as unknown as RequestFields)
  return { taken, requests, used }
}

async function patiently<Result>(bench: EventBench, work: () => Promise<Result>): Promise<Result | string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (PlinthError.is(error) && ['wrong_state', 'not_found', 'budget_exhausted'].includes(error.code)) return error.code
      if (!PlinthError.is(error)) throw error
      await bench.pass(second)
    }
  }
  throw new Error('It never came through.')
}

const plan = fc.record({
  behaviour: fc.constantFrom(...behaviours),
  cancel: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
  expires: fc.constantFrom(undefined, undefined, 3 * second, 20 * minute),
  withKey: fc.boolean(),
})

describe('the money of a tenant whose workers die on the weakest legal platform', () => {
  it('is at every moment what was spent and what is reserved, and in the end what was spent [X14, X68, X7, R104]', async () => {
    let refused = 0
    let cancelledRunning = 0
    let moments = 0
    const property = fc.asyncProperty(
      fc.array(plan, { minLength: 8, maxLength: 20 }),
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
      async (plans, kills) => {
        const bench: EventBench = await EventBench.open(
          (call) => behave(call, (milliseconds) => new Promise((resolve) => bench.memory.clock.setTimer(milliseconds, resolve))),
          { worker: false },
        )
        bench.memory.clock.jump(Date.UTC(2026, 0, 31, 23, 59, 30))
        await bench.registry.change('alpha', (settings) => ({
          ...settings,
          limits: { monthly_budget_usd: usd(budget), concurrent: 8 },
        }))
        const caller = await bench.caller()
        const scope = bench.memory.platform.scope(caller)
        const keyLimits = { monthly_budget_usd: usd(keyBudget) }
        const keyScope = bench.memory.platform.scope({ ...caller, keyId: keyIds.budgeted, keyLimits })
        const workers = [new Worker(bench), new Worker(bench)]
        bench.memory.hostile.set({ ...hostileDefaults, loseLease: 0.2 })
        const byKey = new Set<string>()
        const look = async (): Promise<Counted> => {
          const now = await counted(bench)
          const takenOf = ({ reservation, usage }: RequestFields): number =>
            (reservation?.taken ?? 0) + Math.round((usage?.usd ?? 0) * 1e9)
          const sum = (all: readonly RequestFields[]): number => all.reduce((total, each) => total + takenOf(each), 0)
          expect(now.taken['@'] ?? 0).toBe(sum(now.requests))
          // What is put back is paid by whoever puts it back.
          if (now.requests.every(({ round }) => round === 1))
            expect(now.taken[keyIds.budgeted] ?? 0).toBe(sum(now.requests.filter(({ request_id }) => byKey.has(request_id))))
          moments++
          return now
        }

        const ids: (string | undefined)[] = []
        for (const [index, { behaviour, expires, withKey }] of plans.entries()) {
          const request = {
            prompt: `${index} ${behaviour}`,
            max_tokens: 100,
            ...(expires === undefined ? {} : { expires_at: bench.memory.clock.now() + expires }),
          }
          const options = { idempotencyKey: `key-${index}` }
          const accepted = await patiently(bench, () => processGenaiRequest(withKey ? keyScope : scope, request, options))
          if (typeof accepted === 'string') refused++
          else if (withKey) byKey.add(accepted.request_id)
          ids.push(typeof accepted === 'string' ? undefined : accepted.request_id)
          await look()
        }
        for (let step = 0; step <= 12; step++) {
          for (const [index, id] of ids.entries()) {
            if (id === undefined || plans[index]?.cancel !== step) continue
            await patiently(bench, () => cancelRequest(scope, id))
          }
          for (const _ of kills.filter((each) => each === step)) {
            workers.shift()?.kill()
            workers.push(new Worker(bench))
          }
          await look()
          await bench.pass(step < 8 ? second : 20 * second, second)
          await look()
        }
        await patiently(bench, () => redriveAll(scope))
        await bench.pass(5 * minute, 10 * second)
        bench.memory.hostile.calm()
        await bench.pass(25 * minute, minute)

        const { taken, requests, used } = await look()
        expect(requests.filter(({ status }) => status === 'processing')).toEqual([])
        expect(requests.every(({ reservation }) => reservation === undefined)).toBe(true)
        expect(taken['@'] ?? 0).toBe(used)
        const beyond = requests.reduce((sum, { usage }) => sum + Math.max(0, Math.round((usage?.usd ?? 0) * 1e9) - 200_000), 0)
        // Two months' budgets: it began as one ended.
        expect(used).toBeLessThanOrEqual(2 * budget + beyond)
        expect(await bench.backlog()).toBe(0)
        cancelledRunning += requests.filter(({ status, usage }) => status === 'cancelled' && usage).length
        await bench.stop()
        await Promise.race([Promise.all(workers.map((each) => each.stop())), bench.pass(10 * second)])
      },
    )
    await fc.assert(property, { numRuns: 8, interruptAfterTimeLimit: 30_000 })
    expect(refused).toBeGreaterThan(0)
    expect(cancelledRunning).toBeGreaterThan(0)
    expect(moments).toBeGreaterThan(200)
  })
})
