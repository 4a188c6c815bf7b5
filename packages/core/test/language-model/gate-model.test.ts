import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Lane, longestClosing, ModelFailure, type ModelLimit, type ProcessGate } from '../../src/index.ts'
import type { FakeClock } from '../../src/testing/index.ts'
import { gateOf, request, throttled } from './gate-bench.ts'

/** A call that was let through, and what counts of it: all there is to know of a model, in the plainest form. */
interface Call {
  readonly at: number
  readonly reserved: number
  /** Tokens, and since when they count. */
  booked: { readonly at: number; readonly tokens: number }[]
  running: boolean
  settle(tokens: number): void
  release(failure?: ModelFailure): void
}

interface Wait {
  readonly asked: number
  readonly patience: number
  readonly controller: AbortController
  decided: 'admitted' | 'refused' | 'aborted' | 'over' | undefined
}

/** One model: what it may do, held against what the gate lets it do. */
class PlainModel {
  readonly calls: Call[] = []
  readonly waits: Wait[] = []
  closedUntil = 0
  #lastBooked = 0
  readonly #gate: ProcessGate
  readonly #clock: FakeClock
  readonly #name: string
  readonly #limit: ModelLimit

  constructor(gate: ProcessGate, clock: FakeClock, name: string, limit: ModelLimit) {
    this.#gate = gate
    this.#clock = clock
    this.#name = name
    this.#limit = limit
  }

  get running(): number {
    return this.calls.filter((call) => call.running).length
  }

  get undecided(): number {
    return this.waits.filter((wait) => wait.decided === undefined).length
  }

  tokens(): number {
    let sum = 0
    for (const call of this.calls) for (const { at, tokens } of call.booked) if (this.#clock.now() - at < 60_000) sum += tokens
    return sum
  }

  ask(parts: { lane: Lane; tenant: string; tokens: number; patience: number; from: 'worker' | 'edge' }): void {
    const wait: Wait = {
      asked: this.#clock.now(),
      patience: parts.patience,
      controller: new AbortController(),
      decided: undefined,
    }
    this.waits.push(wait)
    const decide = async (): Promise<void> => {
      const asked = request({ ...parts, signal: wait.controller.signal })
      const admission = await this.#gate.admit(this.#name, asked)
      if (!admission.admitted) {
        wait.decided = 'refused'
        expect(admission.retryAt).toBeGreaterThan(this.#clock.now())
        if (this.closedUntil > this.#clock.now()) expect(admission.retryAt).toBeGreaterThanOrEqual(this.closedUntil)
        expect(admission.retryAt - this.#clock.now()).toBeLessThan(longestClosing + 120_000)
        return
      }
      wait.decided = 'admitted'
      const { concurrency = Number.POSITIVE_INFINITY, tokensPerMinute = Number.POSITIVE_INFINITY } = this.#limit
      const now = this.#clock.now()
      expect(now, 'it is open').toBeGreaterThanOrEqual(this.closedUntil)
      expect(this.running, 'calls at a time').toBeLessThan(concurrency)
      expect(this.tokens() + parts.tokens, 'tokens a minute').toBeLessThanOrEqual(tokensPerMinute)
      this.#lastBooked = now
      this.calls.push({
        at: now,
        reserved: parts.tokens,
        booked: [{ at: now, tokens: parts.tokens }],
        running: true,
        settle: (tokens) => admission.settle(tokens),
        release: (failure) => admission.release(failure),
      })
    }
    decide().catch((error: unknown) => {
      if (wait.controller.signal.aborted) wait.decided = 'aborted'
      else if (error instanceof ModelFailure) wait.decided = 'over'
      else throw error
    })
  }

  end(index: number, how: number | 'throttled' | 'closed' | 'crashed'): void {
    const running = this.calls.filter((call) => call.running)
    const call = running[index % running.length]
    if (!call) return
    call.running = false
    const now = this.#clock.now()
    if (how === 'crashed') call.release()
    else if (typeof how === 'number') {
      const used = Math.max(1, Math.ceil(call.reserved * how))
      const extra = used - call.reserved
      call.booked = [{ at: call.at, tokens: Math.min(used, call.reserved) }]
      if (extra > 0) {
        call.booked.push({ at: now, tokens: extra })
        this.#lastBooked = now
      }
      call.settle(used)
    } else {
      call.booked = []
      if (how === 'closed') this.closedUntil = Math.max(this.closedUntil, now + 20_000)
      call.release(how === 'closed' ? throttled(20) : throttled())
    }
  }

  abort(index: number): void {
    const waiting = this.waits.filter((wait) => wait.decided === undefined)
    waiting[index % waiting.length]?.controller.abort(new Error('lost'))
  }

  check(): void {
    const now = this.#clock.now()
    const state = this.#gate.state(this.#name)
    expect(state.waiting).toBe(this.undecided)
    if (this.#limit.concurrency !== undefined) expect(state.running).toBe(this.running)
    for (const wait of this.waits) {
      // Beyond patience there is the pace, and the one whose turn it is and who waits for tokens: a minute from when the last ones
      // were booked, which may be those that a call used beyond its own, or those of a higher lane that came in between.
      if (wait.decided === undefined)
        expect(now - Math.max(wait.asked + wait.patience, this.#lastBooked)).toBeLessThanOrEqual(62_000)
    }
    const idle = this.running === 0 && now >= this.closedUntil && this.#limit.tokensPerMinute === undefined
    if (idle) expect(this.undecided, 'nobody waits for nothing').toBe(0)
  }
}

const lanes: readonly Lane[] = ['high', 'normal', 'low']
const limits: Readonly<Record<string, ModelLimit>> = {
  calls: { concurrency: 3 },
  tokens: { tokensPerMinute: 1_000 },
  both: { concurrency: 4, tokensPerMinute: 2_000 },
  free: {},
}

describe('a gate, by any sequence of events', () => {
  const model = fc.constantFrom('calls', 'tokens', 'both', 'free')
  const ask = fc.record({
    kind: fc.constant('ask' as const),
    model,
    count: fc.integer({ min: 1, max: 12 }),
    lane: fc.constantFrom(...lanes),
    tenant: fc.constantFrom('a', 'b', 'c'),
    tokens: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2_200 })),
    patience: fc.constantFrom(0, 500, 3_000, 8_000),
    from: fc.constantFrom('worker' as const, 'worker' as const, 'edge' as const),
  })
  const end = fc.record({
    kind: fc.constant('end' as const),
    model,
    index: fc.nat(),
    how: fc.oneof(
      { weight: 4, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
      fc.double({ min: 1, max: 2, noNaN: true }),
      fc.constantFrom('throttled' as const, 'closed' as const, 'crashed' as const),
    ),
  })
  const event = fc.oneof(
    { weight: 4, arbitrary: ask },
    { weight: 4, arbitrary: end },
    fc.record({ kind: fc.constant('abort' as const), model, index: fc.nat() }),
    fc.record({ kind: fc.constant('close' as const), model, until: fc.integer({ min: -1_000, max: 30_000 }) }),
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        milliseconds: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 40_000 })),
      }),
    },
  )

  it('keeps to every limit, decides of everyone, and leaks neither a permit nor a place nor a timer [X8, X9]', async () => {
    const property = fc.asyncProperty(fc.array(event, { maxLength: 150, size: 'max' }), fc.integer(), async (events, seed) => {
      const { gate, clock } = gateOf(limits, { concurrency: 12, seed })
      const models = new Map(Object.entries(limits).map(([name, limit]) => [name, new PlainModel(gate, clock, name, limit)]))
      for (const each of events) {
        if (each.kind === 'pass') await clock.advance(each.milliseconds)
        else {
          const plain = models.get(each.model)
          if (each.kind === 'ask') for (let count = each.count; count > 0; count--) plain?.ask(each)
          else if (each.kind === 'end') plain?.end(each.index, each.how)
          else if (each.kind === 'abort') plain?.abort(each.index)
          else {
            const until = clock.now() + each.until
            gate.close(each.model, until)
            if (plain && each.until > 0) plain.closedUntil = Math.max(plain.closedUntil, until)
          }
          await clock.advance(0)
        }
        for (const plain of models.values()) plain.check()
      }
      // In the end everything that runs ends, and so does everyone's wait.
      for (let minute = 0; minute < 4; minute++) {
        for (const plain of models.values()) while (plain.running > 0) plain.end(0, 1)
        await clock.advance(60_000)
      }
      for (const plain of models.values()) {
        while (plain.running > 0) plain.end(0, 1)
        expect(plain.undecided).toBe(0)
      }
      for (const name of models.keys()) expect(gate.state(name)).toMatchObject({ running: 0, waiting: 0 })
      await clock.advance(1_000)
      expect(clock.timers).toBe(0)
    })
    await fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: 15_000 })
  })
})
