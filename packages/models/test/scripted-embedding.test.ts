import { APICallError } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScriptedEmbedder } from '../src/index.ts'
import { cosine, norm, vectorsOf } from './embed.ts'
import { HandClock } from './support.ts'

const model = createScriptedEmbedder({ clock: new HandClock() })

describe('the scripted embedder', () => {
  it('gives every text a vector of its own, of length 1, the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.string({ unit: 'binary' }).filter((text) => !text.includes('[[fail]]')),
          { minLength: 2 },
        ),
        async (texts) => {
          const vectors = await vectorsOf(model, texts)
          for (const vector of vectors) expect([vector.length, norm(vector)]).toEqual([64, expect.closeTo(1, 9)])
          expect(await vectorsOf(createScriptedEmbedder({ clock: new HandClock() }), [...texts].reverse())).toEqual(
            [...vectors].reverse(),
          )
          expect(new Set(vectors.map((vector) => vector.join())).size).toBe(texts.length)
        },
      ),
    )
  })

  it('makes nothing of words in common', async () => {
    const [one = [], other = []] = await vectorsOf(model, ['the message queue', 'the message queues'], 4096)
    expect(Math.abs(cosine(one, other))).toBeLessThan(0.1)
  })

  it('gives as many dimensions as are asked for', async () => {
    expect((await vectorsOf(model, ['x', ''], 1536)).map(({ length }) => length)).toEqual([1536, 1536])
    await expect(vectorsOf(model, ['x'], 5)).rejects.toMatchObject({ field: 'dimensions' })
  })

  it('counts tokens by bytes, one at least for each text', async () => {
    expect((await model.doEmbed({ values: ['é'.repeat(10), ''] })).usage).toEqual({ tokens: 5 + 1 })
  })

  it('fails for good on the marker in any text, without the texts in the error', async () => {
    const error = await vectorsOf(createScriptedEmbedder({ clock: new HandClock(), failureRate: 1 }), [
      'secret',
      '[[fail]]',
    ]).catch((reason) => reason)
    expect(APICallError.isInstance(error) && [error.statusCode, error.isRetryable]).toEqual([400, false])
    expect(JSON.stringify(error) + error.message).not.toContain('secret')
  })

  it('throttles its share of calls, retryably', async () => {
    const throttled = createScriptedEmbedder({ clock: new HandClock(), failureRate: 0.3 })
    let failures = 0
    for (let call = 0; call < 1_000; call++) {
      const error = await vectorsOf(throttled, ['x']).catch((reason) => reason)
      if (Array.isArray(error)) continue
      failures++
      expect([error.statusCode, error.isRetryable]).toEqual([429, true])
    }
    expect(failures / 1_000).toBeGreaterThan(0.24)
    expect(failures / 1_000).toBeLessThan(0.36)
  })

  it('waits on the clock, and stops waiting when aborted', async () => {
    const clock = new HandClock()
    const slow = createScriptedEmbedder({ clock, latencyMs: 800 })
    const answer = vectorsOf(slow, ['x'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(clock.waiting.map(({ delay }) => delay)).toEqual([800])
    clock.runAll()
    expect(await answer).toHaveLength(1)
    const controller = new AbortController()
    const aborted = slow.doEmbed({ values: ['x'], abortSignal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(model.doEmbed({ values: [], abortSignal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })
})
