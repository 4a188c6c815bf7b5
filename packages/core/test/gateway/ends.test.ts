import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { answerChat, openChat } from '../../src/index.ts'
import { estimateTextTokens } from '../../src/language-model/token-estimate.ts'
import { callOf, fault, finishPart, GatewayBench, parts, textParts, whole } from './gateway-bench.ts'

describe('a process that dies in the middle of a call', () => {
  it.each([false, true])(
    'leaves usage and budget as they were booked, and harms nobody else (streamed: %s) [X14]',
    async (streamed) => {
      const bench = await GatewayBench.open(async () => 'So it is.')
      bench.settings = { model_config: { fallback: ['test/other'] }, limits: { monthly_budget_usd: 1 } }
      const { state } = bench.memory.adapters
      let commits = 0
      const dying = bench.process({
        state: Object.assign(Object.create(state) as typeof state, {
          commit: (...change: Parameters<typeof state.commit>) =>
            ++commits > 1 ? new Promise<void>(() => {}) : state.commit(...change),
        }),
      })
      const scope = await bench.scope('ada', 'alpha', dying)
      const call = callOf()
      const dead = streamed
        ? openChat(scope, call).then(async ({ parts: given }) => {
            for await (const _ of given);
          })
        : answerChat(scope, call)
      dead.catch(() => {})
      await bench.memory.clock.advance(10_000)
      // 14 tokens in, 100 out, of the dearest that may answer.
      const booked = { requests: 1, input: 14, output: 100, nano: 14 * 10_000 + 100 * 20_000 }
      expect(await bench.usage()).toEqual({ 'test/model': booked })
      expect(await bench.spent()).toBe(booked.nano)
      await answerChat(await bench.scope('grace'), callOf())
      expect(await bench.spent()).toBe(booked.nano + 7 * 1_000 + 9 * 2_000)
    },
  )
})

describe('a commit of the end that fails', () => {
  it('is told, and the most stays counted; the permit comes back all the same', async () => {
    for (const streamed of [false, true]) {
      const bench = await GatewayBench.open(async () => 'So it is.', { limits: new Map([['*', { concurrency: 1 }]]) })
      const scope = await bench.scope()
      // The trail's key and the tenant's are made with the first.
      await answerChat(scope, callOf())
      const before = await bench.spent()
      const { state } = bench.memory.adapters
      const commit = state.commit.bind(state)
      let commits = 0
      Object.assign(state, {
        commit: async (...change: Parameters<typeof commit>) => {
          if (++commits === 2) bench.memory.hostile.unavailableNext()
          return commit(...change)
        },
      })
      const asked = async (): Promise<void> => {
        if (!streamed) return void (await answerChat(scope, callOf()))
        const { parts: given } = await openChat(scope, callOf())
        for await (const part of given) expect(part.type).not.toBe('finish')
      }
      await expect(asked()).rejects.toMatchObject({ code: 'no_answer' })
      expect(await bench.spent()).toBe(before + 14 * 1_000 + 100 * 2_000)
      expect(bench.platform.gate.state('test/model').running).toBe(0)
    }
  })

  it('is no end for a booking that was never made', async () => {
    const bench = await GatewayBench.open(async () => 'So.')
    bench.memory.hostile.unavailableNext()
    await expect(answerChat(await bench.scope(), callOf())).rejects.toMatchObject({ code: 'no_answer' })
    expect([bench.calls.length, await bench.spent(), await bench.usage()]).toEqual([0, 0, {}])
  })
})

describe('a stream', () => {
  const slow = (bench: () => GatewayBench) => (): Promise<string> =>
    new Promise((resolve) => bench().memory.clock.setTimer(60_000, () => resolve('So.')))

  it('whose reader waits when the client goes ends with the signal’s reason, not as if it were whole', async () => {
    const bench = await GatewayBench.open(async () => parts([...textParts('So ', 'it '), new Promise<never>(() => {})]))
    const gone = new AbortController()
    const { parts: given } = await openChat(await bench.scope(), callOf({}, { signal: gone.signal }))
    const reading = (async () => {
      for await (const _ of given);
    })()
    await bench.memory.clock.advance(0)
    gone.abort(new Error('gone'))
    await expect(reading).rejects.toThrow('gone')
  })

  it('whose client goes between two parts is settled without anyone reading on, and later reads say why it ended', async () => {
    const bench = await GatewayBench.open(async () => parts([...textParts('So it is ', 'said.'), finishPart(7, 9)]))
    const gone = new AbortController()
    const { parts: given } = await openChat(await bench.scope(), callOf({}, { signal: gone.signal }))
    await given.next()
    await given.next()
    gone.abort(new Error('gone'))
    await bench.memory.clock.advance(1_000)
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 14, output: 3 } })
    await expect(given.next()).rejects.toThrow('gone')
    expect(await given.return?.()).toMatchObject({ done: true })
  })

  it('that was opened for a client that is gone already is settled at once', async () => {
    let bench: GatewayBench | undefined
    bench = await GatewayBench.open(slow(() => bench as GatewayBench))
    const gone = new AbortController()
    const opening = openChat(await bench.scope(), callOf({}, { signal: gone.signal })).catch((error: unknown) => error)
    await bench.memory.clock.advance(1_000)
    gone.abort(new Error('gone'))
    expect(await bench.during(opening)).toBe(gone.signal.reason)
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 14, output: 0 } })
  })

  it('that stops in the middle is given up after five minutes, and paid as far as it came', async () => {
    const bench = await GatewayBench.open(async () => parts([...textParts('So it is '), new Promise<never>(() => {})]))
    const { parts: given } = await openChat(await bench.scope(), callOf())
    const reading = (async () => {
      for await (const _ of given);
    })()
    await expect(bench.during(reading, 10_000)).rejects.toMatchObject({ code: 'model_timeout' })
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 14, output: 3 } })
  })

  it('ends the provider’s work when it is returned, and counts what was held back too', async () => {
    let cancelled = false
    const bench = await GatewayBench.open(async () => {
      const all: LanguageModelV4StreamPart[] = [
        { type: 'tool-input-start', id: 'a', toolName: 't' },
        { type: 'tool-input-start', id: 'b', toolName: 't' },
        { type: 'tool-input-delta', id: 'b', delta: '{"of":"b"}' },
        { type: 'tool-input-delta', id: 'a', delta: '{"of":"a"}' },
      ]
      return new ReadableStream<LanguageModelV4StreamPart>(
        {
          pull: (controller) => {
            const next = all.shift()
            if (next) controller.enqueue(next)
          },
          cancel: () => {
            cancelled = true
          },
        },
        { highWaterMark: 0 },
      )
    })
    const { parts: given } = await openChat(await bench.scope(), callOf())
    await given.next()
    await given.next()
    await given.return?.()
    expect(cancelled).toBe(true)
    expect(bench.calls[0]?.options.abortSignal?.aborted).toBe(true)
    expect(await bench.usage()).toMatchObject({ 'test/model': { output: estimateTextTokens('{"of":"b"}{"of":"a"}') } })
  })
})

describe('a fallback', () => {
  it('is counted at its own price, under its own name, on the day of the call', async () => {
    const bench = await GatewayBench.open(async ({ model }) => {
      if (model === 'test/model') throw fault(402)
      return whole('So.', { input: 11, output: 13 })
    })
    bench.settings = { model_config: { fallback: ['test/other'] }, limits: { monthly_budget_usd: 1 } }
    await answerChat(await bench.scope(), callOf())
    expect(await bench.usage()).toEqual({
      'test/model': { requests: 0, input: 0, output: 0, nano: 0 },
      'test/other': { requests: 1, input: 11, output: 13, nano: 370_000 },
    })
    expect(await bench.spent()).toBe(370_000)
  })

  it('is booked at the dearest price, so that a budget holds whoever answers', async () => {
    const bench = await GatewayBench.open(async () => 'So.')
    bench.settings = {
      model_config: { fallback: ['test/other'] },
      limits: { monthly_budget_usd: (14 * 10_000 + 100 * 20_000 - 1) / 1e9 },
    }
    await expect(answerChat(await bench.scope(), callOf())).rejects.toMatchObject({ code: 'budget_exhausted' })
    expect([bench.calls.length, await bench.spent()]).toEqual([0, 0])
  })
})
