import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { failureOf } from './call.ts'
import { vectorsOf } from './embed.ts'
import { type Bench, benchOf } from './scripted-thread.ts'

const benches: Bench[] = []
const bench = (starts = Number.POSITIVE_INFINITY): Bench => {
  const made = benchOf(starts)
  benches.push(made)
  return made
}
const query = { providerOptions: { plinth: { purpose: 'query' } } }

afterEach(async () => {
  for (const { encoder, release } of benches.splice(0)) {
    release()
    await encoder.close()
  }
})

describe("the sentence encoder's thread", () => {
  it('is started by the first call, and serves those that come after', async () => {
    const { encoder, threads } = bench()
    expect(threads).toHaveLength(0)
    expect((await vectorsOf(encoder, ['one']))[0]?.[0]).toBe(1)
    expect((await vectorsOf(encoder, ['two']))[0]?.[0]).toBe(2)
    expect(threads).toHaveLength(1)
  })

  it('is given eight short texts at a time and long ones alone, those of one length together; all come back in their order', async () => {
    const { encoder } = bench()
    const values = Array.from({ length: 21 }, (_, index) => (index % 2 === 0 ? 'x'.repeat(2_000 + index) : `short${index}`))
    const vectors = await vectorsOf(encoder, values)
    const short = vectors.filter((_, index) => index % 2 === 1)
    expect(short.map(([batch, row, size]) => [batch, row, size])).toEqual(
      short.map((_, index) => (index < 8 ? [1, index, 8] : [2, index - 8, 2])),
    )
    const long = vectors.filter((_, index) => index % 2 === 0)
    expect(long.map(([batch, , size]) => [batch, size])).toEqual(long.map((_, index) => [index + 3, 1]))
    expect(await vectorsOf(encoder, [])).toEqual([])
  })

  it('serves questions before texts that wait already, and all others in their order', async () => {
    const { encoder, release } = bench()
    const held = vectorsOf(encoder, ['hold'])
    const calls = [
      vectorsOf(encoder, ['a text']),
      vectorsOf(encoder, ['another']),
      encoder.doEmbed({ values: ['a question'], ...query }).then(({ embeddings }) => embeddings),
    ]
    release()
    await held
    expect((await Promise.all(calls)).map(([vector]) => vector?.[0])).toEqual([3, 4, 2])
  })

  it.each([
    ['exit', 'It ended with code 1.'],
    ['throw', 'broken'],
    ['fail', 'broken'],
  ])('that ends by %s fails the call in it, to be tried again, and no other', async (text, message) => {
    const { encoder, threads } = bench()
    const [failing, waiting] = [vectorsOf(encoder, [text]), vectorsOf(encoder, ['waits'])]
    expect(await failureOf(failing)).toMatchObject({
      kind: 'transient',
      code: 'model_stopped',
      retryable: true,
      cause: { message },
    })
    expect((await waiting)[0]?.[0]).toBe(1)
    expect((await vectorsOf(encoder, ['later']))[0]?.[0]).toBe(2)
    expect(threads).toHaveLength(2)
  })

  it('that ends with nothing to do is replaced by the next call', async () => {
    const { encoder, threads } = bench()
    await vectorsOf(encoder, ['one'])
    await threads[0]?.terminate()
    expect((await vectorsOf(encoder, ['two']))[0]?.[0]).toBe(1)
    expect(threads).toHaveLength(2)
  })

  it('that can not be started fails each call for good', async () => {
    const { encoder } = bench(0)
    for (const text of ['one', 'two'])
      expect(await failureOf(vectorsOf(encoder, [text]))).toMatchObject({
        kind: 'permanent',
        code: 'model_missing',
        cause: expect.objectContaining({ message: 'nothing to start' }),
      })
  })

  it('that can not be started again fails all calls that wait', async () => {
    const { encoder } = bench(1)
    const calls = ['exit', 'one', 'two'].map((text) => failureOf(vectorsOf(encoder, [text])))
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['model_stopped', 'model_missing', 'model_missing'])
  })

  it('gives up a call that is aborted at once, and does no more of it than the batch that runs', async () => {
    const { encoder, release } = bench()
    const [held, waits] = [new AbortController(), new AbortController()]
    const values = ['hold', ...Array.from({ length: 20 }, (_, index) => `n ${index + 10}`)]
    const running = encoder.doEmbed({ values, abortSignal: held.signal })
    const waiting = encoder.doEmbed({ values: ['waits'], abortSignal: waits.signal })
    held.abort(new Error('enough'))
    waits.abort(new Error('never mind'))
    await expect(running).rejects.toThrow('enough')
    await expect(waiting).rejects.toThrow('never mind')
    const next = vectorsOf(encoder, ['next'])
    release()
    expect((await next)[0]?.[0]).toBe(2)
  })

  it('is not bothered with a call that is aborted already', async () => {
    const { encoder, threads } = bench()
    await expect(encoder.doEmbed({ values: ['x'], abortSignal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    )
    expect(threads).toHaveLength(0)
  })

  it('ends after five minutes without a call, counted from the last, and starts again', async () => {
    const { encoder, clock, threads } = bench()
    await vectorsOf(encoder, ['one'])
    expect(clock.waiting.map(({ delay }) => delay)).toEqual([300_000])
    const again = vectorsOf(encoder, ['two'])
    expect(clock.waiting).toEqual([])
    await again
    expect(clock.waiting).toHaveLength(1)
    const [thread] = threads
    if (!thread) return expect.fail('There is no thread.')
    const ended = once(thread, 'exit')
    clock.runAll()
    await ended
    expect((await vectorsOf(encoder, ['three']))[0]?.[0]).toBe(1)
    expect(threads).toHaveLength(2)
  })

  it('ends when the encoder is closed, with all that runs, waits or comes', async () => {
    const { encoder, clock, threads } = bench()
    await vectorsOf(encoder, ['one'])
    const calls = [vectorsOf(encoder, ['hold']), vectorsOf(encoder, ['waits'])]
    const refused = Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ code: 'closed' })))
    await encoder.close()
    await refused
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1])
    expect(clock.waiting).toEqual([])
    await expect(vectorsOf(encoder, ['later'])).rejects.toMatchObject({ code: 'closed' })
    expect(threads).toHaveLength(1)
    await encoder.close()
  })
})
