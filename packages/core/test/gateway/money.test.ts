import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerChat, type GovernedCall, openChat, PlinthError, type Scope } from '../../src/index.ts'
import { estimateTextTokens } from '../../src/language-model/token-estimate.ts'
import { assertUntilMet } from '../support/assert-until-met.ts'
import {
  callOf,
  fault,
  finishPart,
  GatewayBench,
  type GatewayModelCall,
  type GatewayScript,
  parts,
  textParts,
  usageOf,
  whole,
} from './gateway-bench.ts'

const nanoPerToken: Readonly<Record<string, readonly [number, number]>> = {
  'test/model': [1_000, 2_000],
  'test/other': [10_000, 20_000],
  'test/at-once': [3_000, 4_000],
  'test/plain': [5_000, 5_000],
}

/** One call of a model as the model itself saw it. */
interface Seen {
  readonly call: GatewayModelCall
  readonly most: number
  readonly estimate: number
  /** What it said of itself, where that arrived. */
  told?: { readonly input: number; readonly output: number }
  /** What came of a stream. */
  text: string
  /** Whether it answered with an error, which nobody bills. */
  refused: boolean
  /** Whether it broke off by itself. */
  cut: boolean
}

/** What a model call is to cost: as the model says, else as the gateway's documentation estimates. */
function tokensOf({ told, call, most, estimate, text, refused, cut }: Seen): { readonly input: number; readonly output: number } {
  if (told) return told
  if (refused && text === '') return { input: 0, output: 0 }
  if (cut && text === '') return { input: estimate, output: 0 }
  if (!call.streamed || call.model === 'test/at-once') return { input: estimate, output: most }
  return { input: estimate, output: Math.min(most, estimateTextTokens(text)) }
}

function costOf(seen: Seen): number {
  const [input = 0, output = 0] = nanoPerToken[seen.call.model] ?? []
  const tokens = tokensOf(seen)
  return tokens.input * input + tokens.output * output
}

const behaviours = ['ok', 'ok', 'slow', 'untold', 'throttle', 'fault', 'refuse', 'hang', 'cut', 'mid', 'stuck'] as const
type Behaviour = (typeof behaviours)[number]
const deltas = ['Hello ', 'this is ', 'ada@example.com', ' and more ', 'words.']
const text = deltas.join('')

/** A model that does as told, and remembers what it did. */
class Ledger {
  readonly calls: Seen[] = []
  readonly plans = new Map<string, readonly Behaviour[]>()
  readonly #attempts = new Map<string, number>()
  bench: GatewayBench | undefined

  readonly script: GatewayScript = async (call) => {
    const id = call.options.headers?.['idempotency-key']?.split(':')[1] ?? ''
    const attempt = this.#attempts.get(id) ?? 0
    this.#attempts.set(id, attempt + 1)
    const plan = this.plans.get(id) ?? []
    const behaviour = plan[Math.min(attempt, plan.length - 1)] ?? 'ok'
    const seen: Seen = {
      call,
      most: call.options.maxOutputTokens ?? 0,
      estimate: 8 + estimateTextTokens(promptOf(call)),
      text: '',
      refused: false,
      cut: false,
    }
    this.calls.push(seen)
    const status = { throttle: 429, fault: 500, refuse: 400 }[behaviour as string]
    if (status !== undefined) {
      seen.refused = true
      throw fault(status)
    }
    return call.streamed ? this.#stream(seen, behaviour) : this.#whole(seen, behaviour)
  }

  /** Later, or never when it is ended before. */
  #later(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.bench?.memory.clock.setTimer(milliseconds, () => resolve()))
  }

  async #whole(seen: Seen, behaviour: Behaviour): ReturnType<GatewayScript> {
    if (behaviour === 'hang' || behaviour === 'stuck' || behaviour === 'mid') return new Promise<never>(() => {})
    if (behaviour === 'slow') await this.#later(900)
    if (behaviour === 'cut') {
      seen.cut = true
      return { ...whole(text), finishReason: { unified: 'error', raw: undefined } }
    }
    const ended = seen.call.options.abortSignal?.aborted
    if (behaviour === 'untold') {
      if (!ended) seen.told = { input: seen.estimate, output: estimateTextTokens(text) }
      return { ...whole(text), usage: usageOf(undefined, undefined) }
    }
    if (!ended) seen.told = { input: 7, output: 9 }
    return whole(text, { input: 7, output: 9 })
  }

  #stream(seen: Seen, behaviour: Behaviour): ReturnType<GatewayScript> {
    const all = textParts(...deltas)
    const told = behaviour === 'untold' ? finishPart() : finishPart(7, 9)
    const stuck = new Promise<never>(() => {})
    const plans: Partial<Record<Behaviour, Parameters<typeof parts>[0]>> = {
      hang: [stuck],
      stuck: [...all.slice(0, 4), stuck],
      mid: [...all.slice(0, 5), fault(500)],
      cut: all.slice(0, 2),
    }
    const given = plans[behaviour] ?? [...all, told]
    seen.cut = behaviour === 'cut'
    const ended = (): boolean => seen.call.options.abortSignal?.aborted ?? false
    const note = (part: LanguageModelV4StreamPart): void => {
      if (ended()) return
      if (part.type === 'text-delta') seen.text += part.delta
      if (part.type === 'finish')
        seen.told = behaviour === 'untold' ? { input: seen.estimate, output: estimateTextTokens(text) } : { input: 7, output: 9 }
    }
    if (behaviour !== 'slow') return Promise.resolve(parts(given, note))
    return this.#later(900).then(() => parts(given, note))
  }
}

function promptOf({ options }: GatewayModelCall): string {
  const content = options.prompt.at(-1)?.content ?? ''
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

const clients = [
  'reads',
  'reads',
  'leaves early',
  'leaves in the middle',
  'returns in the middle',
  'never reads',
  'returns unread',
] as const

/** Asks as a client of that kind does. */
async function ask(scope: Scope, call: GovernedCall, streamed: boolean, client: (typeof clients)[number], gone: AbortController) {
  if (client === 'leaves early') scope.clock.setTimer(500, () => gone.abort(new Error('gone')))
  if (!streamed) return answerChat(scope, call)
  const { servedBy, parts: given } = await openChat(scope, call)
  if (client === 'never reads') scope.clock.setTimer(3_000, () => gone.abort(new Error('gone')))
  else if (client === 'returns unread') await given.return?.()
  else {
    let read = 0
    for await (const _ of given) {
      if (++read < 3) continue
      if (client === 'returns in the middle') break
      if (client === 'leaves in the middle') gone.abort(new Error('gone'))
    }
  }
  return { servedBy }
}

const plan = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        does: fc.array(fc.constantFrom(...behaviours), { minLength: 1, maxLength: 4 }),
        model: fc.constantFrom('test/model', 'test/model', 'test/at-once'),
        streamed: fc.boolean(),
        client: fc.constantFrom(...clients),
        topic: fc.nat(3),
        invocation: fc.option(fc.nat(2), { nil: undefined }),
        fresh: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), time: fc.constantFrom(10, 400, 1_000, 20_000, 310_000) }),
    },
  ),
  { minLength: 3, maxLength: 16 },
)

const setting = fc.record({
  cache: fc.constantFrom(undefined, undefined, '5m' as const),
  output: fc.constantFrom<Record<string, 'mask' | 'block' | 'flag'>>({}, {}, { email: 'mask' }, { email: 'block' }),
  input: fc.constantFrom<Record<string, 'block'>>({}, { deny_list: 'block' }),
  budget: fc.constantFrom(undefined, 3, 20),
  fallback: fc.constantFrom([], ['test/other'], ['gone/model', 'test/plain']),
  tokens_per_minute: fc.constantFrom(undefined, 100_000),
})

/** The most that one call books, in nano-dollars: at the dearest price, of some 20 tokens in and 100 out. */
const most = 20 * 10_000 + 100 * 20_000

describe('whatever comes of calls', () => {
  it.each([
    ['on a polite platform', {}],
    ['where commits conflict', { conflict: 0.2 }],
    ['where answers of commits are lost', { conflict: 0.1, ambiguousCommit: 0.1 }],
  ])(
    'usage is what the models used, or the documented estimate, and spending is usage: %s [X14, X68]',
    async (_, hostile) => {
      const met = new Map<string, number>()
      const property = fc.asyncProperty(
        plan,
        setting,
        async (events, { cache, output, input, budget, fallback, tokens_per_minute }) => {
          const ledger = new Ledger()
          const bench = await GatewayBench.open(ledger.script)
          ledger.bench = bench
          const limits = {
            ...(budget === undefined ? {} : { monthly_budget_usd: (budget * most) / 1e9 }),
            ...(tokens_per_minute === undefined ? {} : { tokens_per_minute }),
          }
          bench.settings = {
            model_config: { fallback, ...(cache ? { cache } : {}) },
            limits,
            filters: { input, output, deny_list: ['topic 3'] },
          }
          const scope = await bench.scope()
          bench.memory.hostile.set(hostile)
          const asked: Promise<void>[] = []
          const pending: (() => void)[] = []
          let counted = 0
          const groups = new Map<number, number>()
          const look = async (): Promise<void> => {
            const usage = Object.values(await bench.usage())
            const spent = await bench.spent()
            expect(spent).toBe(usage.reduce((sum, { nano }) => sum + nano, 0))
            for (const row of usage) for (const amount of Object.values(row)) expect(amount).toBeGreaterThanOrEqual(0)
            for (const { index } of await bench.rows('rates')) expect(Number(index.tokens ?? 0)).toBeGreaterThanOrEqual(0)
            // Beyond its booking only what was asked of a second model, since the first ran out of time, can cost.
            const lost = ledger.calls.filter((seen) => !seen.told && !seen.refused).reduce((sum, seen) => sum + costOf(seen), 0)
            if (budget !== undefined) expect(spent).toBeLessThanOrEqual(budget * most + lost)
          }
          for (const event of events) {
            if (event.kind === 'pass') {
              for (let passed = 0; passed < 10; passed++) await bench.memory.clock.advance(event.time / 10)
              await look()
              continue
            }
            const { does, model, streamed, client, topic, invocation, fresh } = event
            const gone = new AbortController()
            const call = callOf(
              { text: `topic ${topic}`, modelId: model },
              { signal: gone.signal, fresh, invocation: invocation === undefined ? undefined : `i${invocation}` },
            )
            ledger.plans.set(call.id, does)
            const cost = (): boolean => ledger.calls.some((seen) => keyOf(seen) === call.id && costOf(seen) > 0)
            asked.push(
              ask(scope, call, streamed, client, gone)
                .then(
                  ({ servedBy: { kept } }) => kept,
                  (error: unknown) => {
                    const code = PlinthError.is(error) ? error.code : 'gone'
                    met.set(code, (met.get(code) ?? 0) + 1)
                    if (!PlinthError.is(error) && !gone.signal.aborted) throw error
                    return false
                  },
                )
                .then((kept) => {
                  if (kept) met.set('kept', (met.get('kept') ?? 0) + 1)
                  pending.push(() => {
                    if (!kept && !cost()) return
                    if (invocation === undefined) counted++
                    else groups.set(invocation, (groups.get(invocation) ?? 0) + 1)
                  })
                }),
            )
            await bench.memory.clock.advance(0)
          }
          await bench.during(Promise.all(asked), 5_000)
          // Those who never read go, too.
          await bench.memory.clock.advance(5_000)
          await look()
          for (const count of pending.splice(0)) count()
          const usage = Object.values(await bench.usage())
          const sum = (of: (row: (typeof usage)[number]) => number): number => usage.reduce((all, row) => all + of(row), 0)
          const wanted = ledger.calls.map(tokensOf)
          const cost = ledger.calls.reduce((all, seen) => all + costOf(seen), 0)
          if ('ambiguousCommit' in hostile) expect(await bench.spent()).toBeGreaterThanOrEqual(cost)
          else {
            expect(sum(({ input: tokens }) => tokens)).toBe(wanted.reduce((all, { input: tokens }) => all + tokens, 0))
            expect(sum(({ output: tokens }) => tokens)).toBe(wanted.reduce((all, { output: tokens }) => all + tokens, 0))
            expect(await bench.spent()).toBe(cost)
            const requests = sum(({ requests: all }) => all)
            expect(requests).toBeGreaterThanOrEqual(counted + groups.size)
            expect(requests).toBeLessThanOrEqual(counted + [...groups.values()].reduce((all, each) => all + each, 0))
          }
          for (const { id } of bench.models.entries())
            expect(bench.platform.gate.state(id)).toMatchObject({ running: 0, waiting: 0 })
          for (const seen of ledger.calls) {
            const how = seen.told ? 'told' : seen.refused && seen.text === '' ? 'refused' : seen.text === '' ? 'lost' : 'seen'
            met.set(how, (met.get(how) ?? 0) + 1)
          }
        },
      )
      const kinds = ['told', 'refused', 'lost', 'seen', 'kept', 'gone', 'budget_held', 'model_timeout', 'content_blocked']
      await assertUntilMet(property, { numRuns: 40, interruptAfterTimeLimit: 40_000 }, kinds, met)
    },
    90_000,
  )
})

function keyOf({ call }: Seen): string {
  return call.options.headers?.['idempotency-key']?.split(':')[1] ?? ''
}
