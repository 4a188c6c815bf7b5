import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it, vi } from 'vitest'
import { followRequest } from '../../src/event-driven/follow.ts'
import { deadLetters } from '../../src/event-driven/requests.ts'
import { cancelRequest, processGenaiRequest, redrive } from '../../src/index.ts'
import { EventBench, read } from './bench.ts'

const minute = 60_000
const day = 24 * 60 * minute
const throttle = (): Promise<never> =>
  Promise.reject(new APICallError({ message: 'raw', url: 'http://model', requestBodyValues: {}, statusCode: 429 }))
const never = (): Promise<string> => new Promise(() => {})

/** What an expired request looks like from all sides. */
async function expectExpired(bench: EventBench, id: string, attempts: number): Promise<void> {
  const error = { code: 'expired', message: expect.any(String), retryable: false }
  const fields = await bench.fields(id)
  expect(fields).toMatchObject({ status: 'failed', attempts, error })
  expect(fields.timeline.at(-1)).toMatchObject({ type: 'expired', detail: 'expired' })
  const closing = (await bench.events('genai.request.failed')).filter((event) => event.subject === id)
  expect(closing.map((event) => event.detail)).toEqual([{ request_id: id, status: 'expired', error }])
  const letter = await (await bench.scope()).state.get(deadLetters, { partition: id })
  expect(letter?.fields).toMatchObject({ request_id: id, reason: 'expired', attempts, round: fields.round })
  expect(await bench.result(id)).toBeUndefined()
}

describe('when a request expires', () => {
  it('is a week after it may be worked, or what its caller says', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const now = bench.memory.clock.now()
    expect((await bench.fields(await bench.submit())).expires_at).toBe(now + 7 * day)
    expect((await bench.fields(await bench.submit({ not_before: now + day }))).expires_at).toBe(now + 8 * day)
    expect((await bench.fields(await bench.submit({ not_before: now - day }))).expires_at).toBe(now + 7 * day)
    expect((await bench.fields(await bench.submit({ expires_at: now + 30 * day }))).expires_at).toBe(now + 30 * day)
  })

  it.each<[string, number, number | undefined]>([
    ['in the past', -1, undefined],
    ['now', 0, undefined],
    ['before it may be worked', 1_000, 2_000],
    ['when it may be worked', 2_000, 2_000],
  ])('is not %s', async (_, expires, notBefore) => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const now = bench.memory.clock.now()
    const request = { expires_at: now + expires, ...(notBefore === undefined ? {} : { not_before: now + notBefore }) }
    await expect(bench.submit(request)).rejects.toMatchObject({ code: 'invalid_input', field: 'expires_at' })
    expect(await bench.events()).toEqual([])
  })

  it('is no matter to a repetition: it gets the first acknowledgement, also afterwards [X6]', async () => {
    const bench = await EventBench.open(() => 'Done.')
    const scope = await bench.scope()
    const request = { prompt: 'Soon?', request_id: 'mine', expires_at: bench.memory.clock.now() + minute }
    const first = await processGenaiRequest(scope, request, { idempotencyKey: 'key' })
    await bench.pass(2 * minute)
    expect(await processGenaiRequest(scope, request, { idempotencyKey: 'key' })).toEqual(first)
    expect(await processGenaiRequest(scope, request)).toEqual(first)
    await expect(processGenaiRequest(scope, { ...request, prompt: 'Other?' })).rejects.toMatchObject({
      code: 'reused_with_another_body',
    })
    await bench.stop()
  })
})

describe('[X21] a request whose time is up', () => {
  it('ends though it was only ever throttled, and no wait goes beyond its end', async () => {
    const bench = await EventBench.open(throttle)
    const [byDefault, byCaller] = [
      await bench.submit(),
      await bench.submit({ expires_at: bench.memory.clock.now() + 25 * minute }),
    ]
    await bench.pass(25 * minute, 5_000)
    await expectExpired(bench, byCaller, (await bench.fields(byCaller)).attempts)
    expect((await bench.fields(byCaller)).attempts).toBeGreaterThan(5)
    expect((await bench.fields(byDefault)).status).toBe('processing')
    await bench.pass(7 * day - 25 * minute, 2 * minute)
    const { attempts, ended, expires_at } = await bench.fields(byDefault)
    await expectExpired(bench, byDefault, attempts)
    expect(ended).toBeLessThanOrEqual(expires_at + 2 * minute)
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('is ended while the model still runs: the call is aborted, and counted', async () => {
    const bench = await EventBench.open(never)
    const id = await bench.submit({ expires_at: bench.memory.clock.now() + minute })
    await bench.pass(minute - 1_000, 250)
    expect((await bench.fields(id)).status).toBe('processing')
    await bench.pass(1_500, 250)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    await expectExpired(bench, id, 1)
    expect((await bench.fields(id)).timeline.map(({ type }) => type)).toEqual(['received', 'started', 'expired'])
    await bench.stop()
  })

  it('ends a call also where nobody set the time', async () => {
    const bench = await EventBench.open(never)
    const id = await bench.submit()
    await bench.pass(1_000, 250)
    bench.memory.clock.jump((await bench.fields(id)).expires_at)
    await bench.memory.clock.advance(500)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    await expectExpired(bench, id, 1)
    await bench.stop()
  })

  it('ends in time behind a backlog, when its caller set it; others at their turn, without a call', async () => {
    let [release, held]: [(() => void)[], boolean] = [[], true]
    const bench = await EventBench.open(() =>
      held ? new Promise<string>((resolve) => release.push(() => resolve('Done.'))) : 'Done.',
    )
    for (let filling = 0; filling < 64; filling++) await bench.submit()
    const [set, unset] = [await bench.submit({ expires_at: bench.memory.clock.now() + 2 * minute }), await bench.submit()]
    await bench.pass(2 * minute + 1_000)
    await expectExpired(bench, set, 0)
    // As if a week had gone by: the clock of the process alone.
    bench.memory.clock.jump((await bench.fields(unset)).expires_at)
    held = false
    for (const each of release) each()
    release = []
    await bench.pass(2_000)
    expect(bench.models.calls).toHaveLength(64)
    await expectExpired(bench, unset, 0)
    await bench.stop()
  })

  it('counts the starts that were cut off before it', async () => {
    const bench = await EventBench.open(never, { hostile: { loseLease: 0.999 } })
    const id = await bench.submit({ expires_at: bench.memory.clock.now() + minute })
    await bench.pass(3 * minute, 250)
    const { attempts } = await bench.fields(id)
    expect(attempts).toBeGreaterThanOrEqual(bench.models.calls.length)
    await expectExpired(bench, id, attempts)
  })

  it('that was answered or cancelled before is left alone, and leaves no job behind', async () => {
    const bench = await EventBench.open(() => 'Done.')
    const now = bench.memory.clock.now()
    const answered = await bench.submit({ expires_at: now + 400 * day })
    const cancelled = await bench.submit({ not_before: now + minute, expires_at: now + 2 * minute })
    await cancelRequest(await bench.scope(), cancelled)
    await bench.pass(5 * minute, 5_000)
    expect((await bench.fields(answered)).status).toBe('completed')
    expect((await bench.fields(cancelled)).status).toBe('cancelled')
    expect(await bench.events('genai.request.failed')).toHaveLength(1)
    await bench.pass(7 * day, 60 * minute)
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
    expect(await bench.memory.adapters.operations.pending(10)).toEqual([])
    await bench.stop()
  })

  it('far ahead expires on its day; its job looks once a week, so that none is left for long', async () => {
    const bench = await EventBench.open(throttle, { worker: false })
    const commit = vi.spyOn(bench.memory.inner.state, 'commit')
    const now = bench.memory.clock.now()
    const id = await bench.submit({ not_before: now + 20 * day, expires_at: now + 20 * day + minute })
    const long = await bench.submit({ not_before: now + 300 * day, expires_at: now + 400 * day })
    const looks = commit.mock.calls
      .flatMap(([change]) => change.emit ?? [])
      .flatMap((entry) => ('queue' in entry && entry.queue === 'event-driven.expire' ? [entry.notBefore] : []))
    expect(looks).toEqual([now + 7 * day, now + 7 * day])
    bench.start()
    await bench.pass(20 * day, 6 * 60 * minute)
    expect((await bench.fields(id)).status).toBe('processing')
    await bench.pass(2 * minute, 5_000)
    expect((await bench.fields(id)).timeline.at(-1)?.type).toBe('expired')
    await cancelRequest(await bench.scope(), long)
    await bench.pass(8 * day, 6 * 60 * minute)
    expect(bench.memory.inner.queue.depth('event-driven.expire')).toEqual({ ready: 0, delayed: 0, leased: 0 })
    await bench.stop()
  })

  it('redriven has a week anew, and can be answered', async () => {
    let throttles = true
    const bench = await EventBench.open(() => (throttles ? throttle() : 'At last.'))
    const id = await bench.submit({ expires_at: bench.memory.clock.now() + minute, max_tokens: 7, priority: 'low' })
    await bench.pass(2 * minute)
    const { attempts } = await bench.fields(id)
    await expectExpired(bench, id, attempts)
    throttles = false
    const again = await redrive(await bench.scope(), id)
    expect(again).toMatchObject({ status: 'processing', round: 2, expires_at: bench.memory.clock.now() + 7 * day })
    await bench.pass(5_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', round: 2, attempts: attempts + 1, priority: 'low' })
    expect(bench.models.calls.at(-1)?.options.maxOutputTokens).toBe(7)
    expect((await bench.events()).map(({ type, detail }) => [type, detail.status])).toEqual([
      ['genai.request.received', undefined],
      ['genai.request.failed', 'expired'],
      ['genai.request.completed', 'completed'],
    ])
    await bench.stop()
  })

  it('ends its followers with error', async () => {
    const bench = await EventBench.open(throttle)
    const id = await bench.submit({ expires_at: bench.memory.clock.now() + 5_000 })
    const events = await read(bench, followRequest(await bench.scope(), id, 0, new AbortController().signal), 1_000)
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { status: 'failed', error: { code: 'expired' } } })
    expect(events.at(-2)).toMatchObject({ event: 'status', data: { type: 'expired' } })
    await bench.stop()
  })
})
