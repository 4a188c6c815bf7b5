import { APICallError } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { followRequest } from '../../src/event-driven/follow.ts'
import {
  cancelRequest,
  type GenaiRequest,
  PlinthError,
  processGenaiRequest,
  redriveAll,
  type Scope,
  type ServerEvent,
  type StoredEvent,
} from '../../src/index.ts'
import { hostileDefaults, type ScriptedCall } from '../../src/testing/index.ts'
import { EventBench } from './bench.ts'

const minute = 60_000

/** What the model does with each attempt of a prompt, one letter an attempt, the last one for all that follow. */
const behaviours = ['a', 'ta', 'fa', 'ttfa', 'p', 'fffffff', 'pa', 'ha'] as const

function behave({ prompt, attempt }: ScriptedCall): Promise<string> {
  const letters = prompt.split(' ')[1] ?? 'a'
  const letter = letters[Math.min(attempt, letters.length) - 1]
  const fault = (statusCode: number): Promise<string> =>
    Promise.reject(new APICallError({ message: 'raw', url: 'http://model', requestBodyValues: {}, statusCode }))
  if (letter === 't') return fault(429)
  if (letter === 'f') return fault(500)
  if (letter === 'p') return fault(400)
  return letter === 'h' ? new Promise(() => {}) : Promise.resolve(`Answer to ${prompt}`)
}

/** Sends as a client does: again, under the same key, until it is acknowledged. */
async function submitUntilAcknowledged(bench: EventBench, scope: Scope, request: GenaiRequest, key: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return (await processGenaiRequest(scope, request, { idempotencyKey: key })).request_id
    } catch (error) {
      if (!PlinthError.is(error) || !error.retryable) throw error
      await bench.pass(1_000)
    }
  }
  throw new Error('Never acknowledged.')
}

/** One closing event for each round that a request went through: what the log must hold. */
function closingEvents(events: readonly StoredEvent[], id: string): StoredEvent[] {
  return events.filter((event) => event.subject === id && event.type !== 'genai.request.received')
}

async function patiently<Result>(bench: EventBench, work: () => Promise<Result>): Promise<Result | undefined> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (PlinthError.is(error) && ['wrong_state', 'not_found'].includes(error.code)) return undefined
      await bench.pass(1_000)
    }
  }
  return undefined
}

describe('the event-driven pattern on the weakest legal platform', () => {
  it('loses nothing, ends everything once, and tells of it once [R12, R15, R16, R19, X3, X7, X11]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            behaviour: fc.constantFrom(...behaviours),
            cancel: fc.boolean(),
            streams: fc.boolean(),
            minutes: fc.constantFrom(undefined, undefined, 6, 20),
          }),
          { minLength: 5, maxLength: 25 },
        ),
        async (plans) => {
          const bench = await EventBench.open(behave)
          const scope = await bench.scope()
          bench.memory.hostile.set(hostileDefaults)
          const ids: string[] = []
          const sent = plans.map(
            ({ behaviour, streams, minutes }, index): GenaiRequest => ({
              prompt: `${index} ${behaviour}`,
              ...(streams ? { model_id: 'test/stream' } : {}),
              ...(minutes === undefined ? {} : { expires_at: bench.memory.clock.now() + minutes * minute }),
            }),
          )
          for (const [index, request] of sent.entries())
            ids.push(await submitUntilAcknowledged(bench, scope, request, `key-${index}`))
          for (const [index, plan] of plans.entries()) {
            if (plan.cancel) await patiently(bench, () => cancelRequest(scope, ids[index] ?? ''))
          }
          await bench.pass(30 * minute, 5_000)
          await patiently(bench, () => redriveAll(scope))
          await bench.pass(30 * minute, 5_000)
          bench.memory.hostile.calm()
          await bench.pass(30 * minute, 5_000)

          const events = await bench.events()
          const published = new Set(bench.memory.bus.published.map((event) => event.id))
          for (const [index, id] of ids.entries()) {
            const fields = await bench.fields(id)
            expect(fields.status, `${plans[index]?.behaviour}`).not.toBe('processing')
            expect(events.filter((event) => event.subject === id && event.type === 'genai.request.received')).toHaveLength(1)
            expect(closingEvents(events, id)).toHaveLength(fields.round)
            const expired = fields.error?.code === 'expired'
            expect(closingEvents(events, id).at(-1)?.detail.status).toBe(expired ? 'expired' : fields.status)
            expect(fields.attempts).toBeGreaterThanOrEqual(fields.timeline.filter(({ type }) => type === 'started').length)
            const followed = followRequest(scope, id, 0, new AbortController().signal)
            const followedEvents: ServerEvent[] = []
            for await (const event of followed) followedEvents.push(event)
            const told = followedEvents.filter(({ event }) => event === 'token').map(({ data }) => data)
            if (fields.status === 'completed') {
              expect(await bench.result(id)).toBe(`Answer to ${index} ${plans[index]?.behaviour}`)
              expect(told.at(-1)).toMatchObject({ text: await bench.result(id) })
            }
            expect(await submitUntilAcknowledged(bench, scope, sent[index] ?? { prompt: '' }, `key-${index}`)).toBe(id)
          }
          expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
          for (const event of events) expect(published).toContain(event.id)
          expect(await bench.backlog()).toBe(0)
          await bench.stop()
        },
      ),
      { numRuns: 12 },
    )
  })

  it('ends a request once though two workers had it at the same time [X7]', async () => {
    const releases: ((text: string) => void)[] = []
    const bench = await EventBench.open(() => new Promise<string>((resolve) => releases.push(resolve)), {
      hostile: { duplicateDelivery: 0.9 },
    })
    const ids = await Promise.all(Array.from({ length: 10 }, () => bench.submit()))
    await bench.pass(10_000)
    expect(releases.length).toBeGreaterThan(ids.length)
    for (const [index, release] of releases.entries()) release(`Answer ${index}.`)
    await bench.pass(10_000)
    for (const release of releases) release('Answer.')
    await bench.pass(minute)
    for (const release of releases) release('Answer.')
    await bench.pass(10 * minute, 5_000)
    expect((await bench.events('genai.request.completed')).map((event) => event.subject).toSorted()).toEqual(ids.toSorted())
    await bench.stop()
  })
})
