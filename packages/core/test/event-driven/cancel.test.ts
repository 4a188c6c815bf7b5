import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cancelRequest, PlinthError, redrive } from '../../src/index.ts'
import { EventBench } from './bench.ts'

const never = (): Promise<string> => new Promise(() => {})

describe('[X21] cancelling', () => {
  it.each([0, 100, 249, 250, 600, 5_100])('%s ms after its start ends the call within half a second', async (ran) => {
    const bench = await EventBench.open(never)
    const id = await bench.submit()
    await bench.pass(0)
    while (bench.models.calls.length === 0) await bench.pass(10, 10)
    await bench.pass(ran, 50)
    // From another scope, as from another process.
    const cancelled = await cancelRequest(await bench.scope('alpha', 'ben'), id)
    expect(cancelled.status).toBe('cancelled')
    expect(bench.models.calls[0]?.signal?.aborted).toBe(false)
    await bench.pass(ran < 250 ? 1_000 : 500, 50)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    // The job is done: nothing waits for another try.
    await bench.pass(1_000, 50)
    expect(bench.memory.inner.queue.depth()).toEqual({ ready: 0, delayed: 0, leased: 0 })
    // The call is booked, by whoever cancelled it or, where that was before its start was kept, by its worker.
    const { usage, ...fields } = await bench.fields(id)
    expect(usage).toMatchObject({ input_tokens: 6, output_tokens: 1_000 })
    const { usage: _, ...before } = cancelled
    expect(fields).toEqual(before)
    expect((await bench.events()).map(({ type, detail }) => [type, detail.status])).toEqual([
      ['genai.request.received', undefined],
      ['genai.request.failed', 'cancelled'],
    ])
    await bench.stop()
  })

  it('is no dead letter: it can not be redriven', async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const id = await bench.submit()
    await cancelRequest(await bench.scope(), id)
    await expect(redrive(await bench.scope(), id)).rejects.toMatchObject({ code: 'not_found' })
    expect((await bench.fields(id)).status).toBe('cancelled')
  })

  it('at any moment of any life gives exactly one closing event a round', async () => {
    const plan = fc.record({
      lasts: fc.nat(1_500),
      cancelAt: fc.nat(2_500),
      expiresIn: fc.option(fc.integer({ min: 1, max: 2_500 })),
      notBefore: fc.option(fc.nat(1_000)),
      fails: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ lasts, cancelAt, expiresIn, notBefore, fails }) => {
        const bench = await EventBench.open(async () => {
          await new Promise<void>((resolve) => bench.memory.clock.setTimer(lasts, resolve))
          if (fails) throw Object.assign(new Error('raw'), { statusCode: 400 })
          return 'Done.'
        })
        const now = bench.memory.clock.now()
        const id = await bench.submit({
          ...(notBefore === null ? {} : { not_before: now + notBefore }),
          ...(expiresIn === null ? {} : { expires_at: now + (notBefore ?? 0) + expiresIn }),
        })
        const scope = await bench.scope()
        await bench.pass(cancelAt, 50)
        const cancelled = await cancelRequest(scope, id).catch((error: unknown) => {
          if (!PlinthError.is(error) || error.code !== 'wrong_state') throw error
        })
        await bench.pass(8_000, 250)
        const fields = await bench.fields(id)
        expect(fields.status).not.toBe('processing')
        if (cancelled) expect(fields.status).toBe('cancelled')
        const closing = (await bench.events()).filter(({ type }) => type !== 'genai.request.received')
        expect(closing).toHaveLength(1)
        const expired = fields.error?.code === 'expired'
        expect(closing[0]?.detail.status).toBe(expired ? 'expired' : fields.status)
        expect(fields.timeline.filter(({ type }) => type === 'started').length).toBeLessThanOrEqual(1)
        expect(await bench.backlog()).toBe(0)
        expect(bench.memory.inner.queue.depth('event-driven.process')).toEqual({ ready: 0, delayed: 0, leased: 0 })
        await bench.stop()
      }),
      { numRuns: 60 },
    )
  })
})
