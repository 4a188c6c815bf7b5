import { APICallError } from '@ai-sdk/provider'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RequestFields } from '../../src/event-driven/requests.ts'
import { cancelRequest, PlinthError, processGenaiRequest, type Row } from '../../src/index.ts'
import type { ScriptedAnswer, ScriptedCall } from '../../src/testing/index.ts'
import { EventBench } from '../event-driven/bench.ts'
import { assertUntilMet } from '../support/assert-until-met.ts'
import { never, piecewise } from './calls.ts'
import { usd } from './meter-bench.ts'

/** Of a prompt of 12 characters and 96 tokens of output, in nano-dollars; answers use less. */
const most = 196_000

/** What the model does with each attempt: answers at once, later, never, with an error, or with text that breaks off. */
const behaviours = ['a', 'w', 'ha', 'hhhhhhh', 'fa', 'fffffff', 'p', 'ba', 'bbha', 'wh', 'ta'] as const

const plan = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('submit' as const),
        behaviour: fc.constantFrom(...behaviours),
        streams: fc.boolean(),
        expiresIn: fc.constantFrom(undefined, undefined, undefined, 300, 2_000, 400_000),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(20) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        milliseconds: fc.constantFrom(10, 60, 240, 600, 2_500, 61_000, 305_000),
      }),
    },
  ),
  { minLength: 5, maxLength: 25 },
)

async function look(bench: EventBench, budget: number): Promise<readonly RequestFields[]> {
  const rows = (await bench.memory.inner.state.operations.rows('alpha', { limit: 1_000 })).items
  const of = (collection: string): readonly Row[] => rows.filter((row) => row.collection === collection)
  const requests = of('requests').map(({ index }) => index as unknown as RequestFields)
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
  const taken = Number(of('spending')[0]?.index.taken ?? 0)
  const reserved = sum(requests.map(({ reservation }) => reservation?.taken ?? 0))
  const used = sum(of('usage').map(({ index }) => Number(index.nano_usd)))
  const told = sum(requests.map(({ usage }) => Math.round((usage?.usd ?? 0) * 1e9)))
  expect(taken).toBe(used + reserved)
  expect(used).toBe(told)
  expect(taken).toBeGreaterThanOrEqual(0)
  for (const { index } of of('rates')) expect(Number(index.tokens)).toBeGreaterThanOrEqual(0)
  // What ran unseen when its request was cancelled or expired, and was given back.
  const stopped = requests.filter(({ status, error }) => status === 'cancelled' || error?.code === 'expired')
  expect(taken).toBeLessThanOrEqual(budget + stopped.length * most)
  return requests
}

it('whatever is cancelled, expires, is left or tried again: what is spent is what is used, and stays within the budget but for what was in flight [X14, X68]', async () => {
  const met = new Map<string, number>()
  const meet = (what: string, is: boolean): void => void (is && met.set(what, (met.get(what) ?? 0) + 1))
  const property = fc.asyncProperty(plan, fc.constantFrom(2, 5, 100), fc.boolean(), async (events, fits, hostile) => {
    const bench: EventBench = await EventBench.open(
      ({ prompt, attempt }: ScriptedCall): ScriptedAnswer | Promise<ScriptedAnswer> => {
        const letters = prompt.split(' ')[1]?.replaceAll('.', '') ?? 'a'
        const letter = letters[Math.min(attempt, letters.length) - 1]
        const fault = (statusCode: number): Promise<string> =>
          Promise.reject(new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode }))
        if (letter === 'h') return never()
        if (letter === 'f') return fault(500)
        if (letter === 'p') return fault(400)
        if (letter === 't') return fault(429)
        if (letter === 'b') return { stream: piecewise(bench, ['One ', 'two '], { every: 400, breaks: true }) }
        if (letter === 'w')
          return { stream: piecewise(bench, ['One ', 'two '], { every: 400 }), content: [{ type: 'text', text: 'So.' }] }
        return 'Done.'
      },
    )
    const budget = fits * most
    const limits = { monthly_budget_usd: usd(budget), tokens_per_minute: 100_000 }
    await bench.registry.change('alpha', (settings) => ({ ...settings, limits }))
    if (hostile) bench.memory.hostile.set({ conflict: 0.1, ambiguousCommit: 0.1 })
    const ids: string[] = []
    const scope = await bench.scope()
    const patiently = async (work: () => Promise<unknown>): Promise<void> => {
      for (let attempt = 0; attempt < 20; attempt++) {
        const error = await work().then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (error === undefined) return
        if (!PlinthError.is(error)) throw error
        meet(error.code, true)
        if (!error.retryable) return
        await bench.pass(20, 20)
      }
    }
    for (const event of events) {
      if (event.kind === 'submit') {
        const id = `id-${ids.length}`
        const body = {
          request_id: id,
          prompt: `${ids.length} ${event.behaviour}`.padEnd(12, '.'),
          max_tokens: 96,
          ...(event.streams ? { model_id: 'test/stream' } : {}),
          ...(event.expiresIn === undefined ? {} : { expires_at: bench.memory.clock.now() + event.expiresIn }),
        }
        ids.push(id)
        await patiently(() => processGenaiRequest(scope, body))
      } else if (event.kind === 'cancel') {
        const id = ids[event.which % Math.max(1, ids.length)]
        if (id !== undefined) await patiently(() => cancelRequest(scope, id))
      } else await bench.pass(event.milliseconds, Math.max(10, event.milliseconds / 20))
      await look(bench, budget)
    }
    bench.memory.hostile.calm()
    await bench.pass(90 * 60_000, 30_000)
    for (const { status, error, usage, reservation, timeline } of await look(bench, budget)) {
      expect(status).not.toBe('processing')
      expect(reservation).toBeUndefined()
      const started = timeline.some(({ type }) => type === 'started')
      meet('booked by its worker after it was stopped', usage !== undefined && !started)
      meet('booked by whoever stopped it', status === 'cancelled' && usage !== undefined && started)
      meet('free', status === 'cancelled' && usage === undefined)
      meet('booked though it failed', status === 'failed' && usage !== undefined)
      meet('booked more than once', status === 'completed' && (usage?.usd ?? 0) * 1e9 > most)
      meet('had no money for another try', error?.code === 'budget_exhausted')
    }
    await bench.stop()
  })
  const kinds = [
    'booked by its worker after it was stopped',
    'booked by whoever stopped it',
    'free',
    'booked though it failed',
    'booked more than once',
    'had no money for another try',
    'budget_exhausted',
  ]
  await assertUntilMet(property, { numRuns: 70, interruptAfterTimeLimit: 60_000 }, kinds, met)
})
