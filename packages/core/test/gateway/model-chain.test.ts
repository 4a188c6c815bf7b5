import { afterEach, describe, expect, it } from 'vitest'
import { breakerOf } from '../../src/gateway/circuit-breaker.ts'
import { askModels, withFallbacks } from '../../src/gateway/model-chain.ts'
import { answerChat, InvalidInputError, ModelFailure, openChat, type ResolvedModel } from '../../src/index.ts'
import { callOf, fault, GatewayBench, type GatewayScript, never, parts, readAll, textIn } from './gateway-bench.ts'

type Outcome = 'ok' | 'never' | Error

/** What each model does, call by call; the last goes on. */
async function open(
  does: Readonly<Record<string, readonly Outcome[]>>,
  options: Parameters<typeof GatewayBench.open>[1] & { readonly fallback?: readonly string[] } = {},
): Promise<GatewayBench> {
  const calls: Record<string, number> = {}
  const script: GatewayScript = async ({ model }) => {
    const outcomes = does[model] ?? ['ok']
    const number = calls[model] ?? 0
    calls[model] = number + 1
    at.push([model, bench.memory.clock.now() - start])
    const outcome = outcomes[Math.min(number, outcomes.length - 1)] ?? 'ok'
    if (outcome === 'never') return never()
    if (outcome !== 'ok') throw outcome
    return `from ${model}`
  }
  at.length = 0
  const bench = await GatewayBench.open(script, options)
  const start = bench.memory.clock.now()
  bench.settings = { model_config: { fallback: options.fallback ?? [] } }
  opened.push(bench)
  return bench
}

/** Which models were called, and when, milliseconds after the start. */
const at: [string, number][] = []
const opened: GatewayBench[] = []
const models = (): string[] => at.map(([model]) => model)

/** Whatever happened: no permit is out. */
afterEach(() => {
  for (const bench of opened.splice(0))
    for (const { id } of bench.models.entries()) expect(bench.platform.gate.state(id)).toMatchObject({ running: 0, waiting: 0 })
})

const limits = new Map([['*', { concurrency: 2, tokensPerMinute: 1_000_000 }]])
const twice = ['test/model', 'test/model']

describe('a throttle', () => {
  it('is waited for with full jitter, within the patience, then left to a fallback', async () => {
    const times: number[] = []
    for (let run = 0; run < 12; run++) {
      const bench = await open({ 'test/model': [fault(429)] }, { limits, fallback: ['test/other'] })
      // Another seed for each.
      for (let draw = 0; draw < run; draw++) bench.memory.clock.random()
      const answer = await bench.during(answerChat(await bench.scope(), callOf()), 10)
      expect(answer.servedBy.model).toBe('test/other')
      expect(models()).toEqual([...twice, ...twice, 'test/other'])
      const waits = at.slice(1, 4).map(([, time], index) => time - (at[index]?.[1] ?? 0))
      for (const [index, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(800 * 2 ** index)
      times.push(...waits)
      expect(await bench.usage()).toMatchObject({ 'test/other': { requests: 1, input: 7, output: 15, nano: 370_000 } })
    }
    // Not all the same, nor around a middle.
    expect(Math.min(...times)).toBeLessThan(150)
    expect(Math.max(...times)).toBeGreaterThan(1_500)
  })

  it('with a Retry-After is waited for as long as it says', async () => {
    const bench = await open({ 'test/model': [fault(429, { 'retry-after': '3' }), 'ok'] }, { limits })
    await bench.during(answerChat(await bench.scope(), callOf()), 50)
    expect(models()).toEqual(twice)
    expect(at[1]?.[1]).toBeGreaterThanOrEqual(3_000)
    expect(at[1]?.[1]).toBeLessThan(5_500)
  })

  it('with a Retry-After beyond the patience is told at once, with its time', async () => {
    const bench = await open({ 'test/model': [fault(429, { 'retry-after': '60' })] }, { limits })
    const started = bench.memory.clock.now()
    await expect(bench.during(answerChat(await bench.scope(), callOf()))).rejects.toMatchObject({
      code: 'model_throttled',
      retryAfter: 60,
    })
    expect(bench.memory.clock.now() - started).toBeLessThan(500)
    expect(await bench.usage()).toEqual({ 'test/model': { requests: 0, input: 0, output: 0, nano: 0 } })
    // Everyone heard of it, without another call.
    await expect(bench.during(answerChat(await bench.scope('grace'), callOf()))).rejects.toMatchObject({
      code: 'model_throttled',
    })
    expect(models()).toEqual(['test/model'])
  })

  it('is given up within the patience and two turns, whatever providers ask for', async () => {
    const bench = await open(
      { 'test/model': [fault(429, { 'retry-after': '4' })], 'test/other': [fault(429)] },
      { limits, fallback: ['test/other'] },
    )
    const started = bench.memory.clock.now()
    await expect(bench.during(answerChat(await bench.scope(), callOf()))).rejects.toMatchObject({ code: 'model_throttled' })
    expect(bench.memory.clock.now() - started).toBeLessThanOrEqual(12_000)
  })

  it('keeps no fault behind it from being tried once more', async () => {
    const bench = await open({ 'test/model': [fault(429), fault(500), 'ok'] }, { limits })
    await bench.during(answerChat(await bench.scope(), callOf()))
    expect(models()).toEqual([...twice, 'test/model'])
  })
})

describe('a fault', () => {
  it('is tried once more, soon, then left to the fallbacks in their order', async () => {
    const bench = await open(
      { 'test/model': [fault(500)], 'test/other': [fault(503)] },
      { limits, fallback: ['test/other', 'test/plain'] },
    )
    const answer = await bench.during(answerChat(await bench.scope(), callOf()), 10)
    expect(answer.servedBy.model).toBe('test/plain')
    expect(models()).toEqual([...twice, 'test/other', 'test/other', 'test/plain'])
    expect(at.at(-1)?.[1]).toBeLessThan(1_000)
  })

  it('with a Retry-After waits for it', async () => {
    const bench = await open({ 'test/model': [fault(503, { 'retry-after': '2' }), 'ok'] }, { limits })
    await bench.during(answerChat(await bench.scope(), callOf()), 50)
    expect(at[1]?.[1]).toBeGreaterThanOrEqual(2_000)
  })

  it('before the first part of a stream is tried anew, too; one behind it is told', async () => {
    const begun = parts([{ type: 'text-delta', id: '0', delta: 'So' }, fault(500)])
    let number = 0
    const bench = await GatewayBench.open(async () => (++number === 1 ? parts([fault(500)]) : begun))
    const stream = await bench.during(openChat(await bench.scope(), callOf()))
    const shown: string[] = []
    const read = async (): Promise<void> => {
      for await (const part of stream.parts) if ('delta' in part) shown.push(part.delta)
    }
    await expect(bench.during(read())).rejects.toMatchObject({ code: 'model_unavailable' })
    expect([number, shown]).toEqual([2, ['So']])
  })
})

describe('a model that is gone', () => {
  const gone = fault(404, { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal.amazon.com/' })
  const ways = ['whole', 'streamed'] as const
  const ask = async (bench: GatewayBench, way: (typeof ways)[number], modelId: string) => {
    const scope = await bench.scope()
    if (way === 'whole') return (await bench.during(answerChat(scope, callOf({ modelId })))).servedBy
    const { servedBy, parts } = await bench.during(openChat(scope, callOf({ modelId })))
    await bench.during(readAll(parts))
    return servedBy
  }

  it.each(ways)('is left to a fallback at once, and the answer says who gave it: %s [X74]', async (way) => {
    const bench = await open({ 'test/model': [gone] }, { limits, fallback: ['test/other'] })
    expect(await ask(bench, way, 'test/model')).toEqual({ model: 'test/other', lifecycle: 'active', kept: false })
    expect(models()).toEqual(['test/model', 'test/other'])
    expect(await bench.usage()).toMatchObject({ 'test/other': { requests: 1, input: 7, output: 15 } })
  })

  it.each(ways)('and is known to be retired, is left to one however it is refused: %s [X74]', async (way) => {
    const bench = await open({ 'test/retired': [fault(400)] }, { limits, fallback: ['test/other'] })
    expect(await ask(bench, way, 'test/retired')).toEqual({ model: 'test/other', lifecycle: 'retired', kept: false })
    expect(models()).toEqual(['test/retired', 'test/other'])
  })

  it.each(ways)('without a fallback is told with what its maker names, and costs nothing: %s [X74]', async (way) => {
    const bench = await open({ 'test/retired': [gone] }, { limits })
    const failed = await ask(bench, way, 'test/retired').catch((thrown: unknown) => thrown)
    expect(failed).toMatchObject({ code: 'model_gone', kind: 'permanent' })
    expect(failed).toHaveProperty('message', expect.stringContaining('Its maker names test/other in its place.'))
    expect(await bench.usage()).toEqual({ 'test/retired': { requests: 0, input: 0, output: 0, nano: 0 } })
  })

  it('and retired is asked all the same, as long as it answers [X74]', async () => {
    const bench = await open({}, { limits, fallback: ['test/other'] })
    expect(await ask(bench, 'whole', 'test/retired')).toEqual({ model: 'test/retired', lifecycle: 'retired', kept: false })
  })
})

describe('what is wrong with the request', () => {
  it.each([
    ['refused', fault(400), 'model_request_refused'],
    ['too large', fault(413), 'model_request_refused'],
    ['for its content', Object.assign(fault(400), { data: { error: { code: 'content_filter' } } }), 'model_content_refused'],
  ])('is told at once: %s', async (_, error, code) => {
    const bench = await open({ 'test/model': [error] }, { limits, fallback: ['test/other'] })
    await expect(bench.during(answerChat(await bench.scope(), callOf()))).rejects.toMatchObject({ code })
    expect(models()).toEqual(['test/model'])
    expect(await bench.usage()).toEqual({ 'test/model': { requests: 0, input: 0, output: 0, nano: 0 } })
  })

  it.each([
    ['a spent quota', fault(402)],
    ['no access', fault(403)],
  ])('is not told of the account: %s is left to a fallback', async (_, error) => {
    const bench = await open({ 'test/model': [error] }, { limits, fallback: ['test/other'] })
    await bench.during(answerChat(await bench.scope(), callOf()))
    expect(models()).toEqual(['test/model', 'test/other'])
  })
})

describe('a call that takes too long', () => {
  it('is not made again, but left to a fallback, and paid for as far as it may have come', async () => {
    const bench = await open({ 'test/model': ['never'] }, { limits, fallback: ['test/other'] })
    const call = callOf()
    await bench.during(answerChat(await bench.scope(), call), 10_000)
    expect(models()).toEqual(['test/model', 'test/other'])
    // 14 tokens of input by the estimate, and 100 of output at most, at the price of the first.
    const nano = 14 * 1_000 + 100 * 2_000 + 7 * 10_000 + 15 * 20_000
    expect(await bench.usage()).toMatchObject({ 'test/other': { requests: 1, input: 21, output: 115, nano } })
  })

  it('is known by the codes of HTTP clients, too', async () => {
    const timeout = Object.assign(new Error('x'), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    const bench = await open({ 'test/model': [timeout] }, { limits })
    await expect(bench.during(answerChat(await bench.scope(), callOf()))).rejects.toMatchObject({ code: 'model_unavailable' })
    expect(models()).toEqual(['test/model'])
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 14, output: 100 } })
  })
})

describe('a model that fails again and again', () => {
  it('is passed over after five failures, tried by one, and used again when that succeeds', async () => {
    let works = false
    const bench = await GatewayBench.open(async ({ model }) => {
      if (model === 'test/model' && !works) throw fault(500)
      return `from ${model}`
    })
    bench.settings = { model_config: { fallback: ['test/other'] } }
    const scope = await bench.scope()
    const ask = async (): Promise<string> => (await bench.during(answerChat(scope, callOf()), 10)).servedBy.model
    const called = (): number => bench.calls.filter(({ model }) => model === 'test/model').length
    for (let call = 0; call < 5; call++) expect(await ask()).toBe('test/other')
    expect(called()).toBe(5)
    await bench.memory.clock.advance(5_000)
    // The probe, and what comes while it is on its way.
    works = true
    const answers = await Promise.all([ask(), ask(), ask()])
    expect(answers.sort()).toEqual(['test/model', 'test/other', 'test/other'])
    expect(await ask()).toBe('test/model')
  })

  it('without a fallback is told of at once, and when to come back', async () => {
    const bench = await open({ 'test/model': [fault(500)] })
    const scope = await bench.scope()
    for (let call = 0; call < 3; call++) await expect(bench.during(answerChat(scope, callOf()))).rejects.toThrow()
    const made = at.length
    const error = await answerChat(scope, callOf()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'model_resting', retryable: true, retryAfter: 5 })
    expect(at).toHaveLength(made)
  })

  it('is not opened by throttles and refusals', async () => {
    const bench = await open({ 'test/model': [fault(400)] })
    const scope = await bench.scope()
    for (let call = 0; call < 8; call++)
      await expect(answerChat(scope, callOf())).rejects.toMatchObject({ code: 'model_request_refused' })
    expect(at).toHaveLength(8)
  })

  it('is tried by the next one where the first found no room at the gate', async () => {
    const bench = await open({}, { limits: new Map([['*', { concurrency: 1 }]]) })
    const scope = await bench.scope()
    const breaker = breakerOf(scope)
    const held = await scope.gate.admit('test/model', { tokens: 1, lane: 'high', patience: 0, from: 'edge' })
    for (let failure = 0; failure < 5; failure++) breaker.failed('test/model')
    await bench.memory.clock.advance(5_000)
    await expect(bench.during(answerChat(scope, callOf()))).rejects.toThrow()
    if (held.admitted) held.settle(1)
    expect((await bench.during(answerChat(scope, callOf()))).servedBy.model).toBe('test/model')
  })

  it('is tried by the next one where whoever asked first left before it answered', async () => {
    const bench = await open({ 'test/model': [fault(500), fault(500), fault(500), fault(500), fault(500), 'never', 'ok'] })
    const scope = await bench.scope()
    for (let call = 0; call < 3; call++) await expect(bench.during(answerChat(scope, callOf()))).rejects.toThrow()
    await bench.memory.clock.advance(5_000)
    const gone = new AbortController()
    const left = answerChat(scope, callOf({}, { signal: gone.signal })).catch((thrown: unknown) => thrown)
    await bench.until(() => at.length === 6)
    gone.abort(new Error('gone'))
    expect(await bench.during(left)).toBe(gone.signal.reason)
    expect((await bench.during(answerChat(scope, callOf()))).servedBy.model).toBe('test/model')
  })
})

describe('fallbacks', () => {
  it('that left the catalogue, are the tenant’s no more, or are named twice are passed over', async () => {
    const bench = await open({})
    bench.settings = {
      model_config: {
        allowed_models: ['test/model', 'test/other'],
        fallback: ['gone/model', 'test/plain', 'test/model', 'test/other', 'test/other'],
      },
    }
    const scope = await bench.scope()
    const chain = [...withFallbacks(scope, scope.models.resolve('test/model'))].map(({ id }) => id)
    expect(chain).toEqual(['test/model', 'test/other'])
  })

  it('that lack what is asked for are passed over; nothing is left aside in silence', async () => {
    const bench = await open({ 'test/model': [fault(500)] }, { fallback: ['test/plain', 'test/other'] })
    const tools = [{ type: 'function' as const, name: 't', inputSchema: { type: 'object' as const } }]
    const scope = await bench.scope()
    expect((await bench.during(answerChat(scope, callOf({ tools })))).servedBy.model).toBe('test/other')
    const file = {
      type: 'file' as const,
      mediaType: 'image/png',
      data: { type: 'url' as const, url: new URL('https://example.com/a') },
    }
    const prompt = [{ role: 'user' as const, content: [file] }]
    expect((await bench.during(answerChat(scope, callOf({ prompt })))).servedBy.model).toBe('test/other')
    for (const [request, field] of [
      [{ tools }, 'tools'],
      [{ prompt }, 'messages.0'],
    ] as const)
      await expect(answerChat(scope, callOf({ modelId: 'test/plain', ...request }))).rejects.toMatchObject({ field })
    expect(models()).not.toContain('test/plain')
  })
})

describe('the calls of a tenant at a time', () => {
  it('are as many as it may have; those beyond are refused after a while, and all turns come back', async () => {
    const release: (() => void)[] = []
    const bench = await GatewayBench.open(() => new Promise((resolve) => release.push(() => resolve('So.'))))
    bench.settings = { limits: { concurrent: 2 } }
    const scope = await bench.scope()
    const running = [answerChat(scope, callOf()), answerChat(scope, callOf())]
    await bench.until(() => release.length === 2)
    const started = bench.memory.clock.now()
    const refused = await bench.during(answerChat(scope, callOf()).catch((thrown: unknown) => thrown))
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })
    expect(bench.memory.clock.now() - started).toBeGreaterThanOrEqual(2_000)
    expect(release).toHaveLength(2)
    for (const each of release) each()
    await bench.during(Promise.all(running))
    const next = answerChat(scope, callOf())
    await bench.until(() => release.length === 3)
    release.at(-1)?.()
    await bench.during(next)
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 3 } })
  })

  it.each(['throttled', 'failed', 'refused', 'left', 'left before the call', 'a stream left unread', 'over the limit'])(
    'are given back: %s',
    async (how) => {
      const outcomes: Record<string, Outcome> = { throttled: fault(429), failed: fault(500), refused: fault(400), left: 'never' }
      const bench = await open(
        { 'test/model': [outcomes[how] ?? 'ok'] },
        { limits: new Map([['*', { concurrency: 1, tokensPerMinute: 500 }]]) },
      )
      bench.settings = { limits: { concurrent: 1 } }
      const scope = await bench.scope()
      const gone = new AbortController()
      const call = callOf(how === 'over the limit' ? { maxOutputTokens: 900 } : {}, { signal: gone.signal })
      if (how === 'left before the call') gone.abort(new Error('gone'))
      if (how === 'a stream left unread') {
        const { parts: unread } = await openChat(scope, call)
        expect(bench.platform.gate.state('test/model').running).toBe(1)
        await unread.return?.()
      } else {
        const answered = answerChat(scope, call).catch(() => {})
        await bench.memory.clock.advance(100)
        if (how === 'left') gone.abort(new Error('gone'))
        await bench.during(answered)
      }
      expect(bench.platform.gate.state('test/model').running).toBe(0)
      // The tenant's one turn is free again.
      const turn = await scope.gate.admit('test/other', { tokens: 1, lane: 'high', patience: 0, from: 'edge' })
      expect(turn.admitted).toBe(true)
      if (turn.admitted) turn.settle(1)
    },
  )
})

describe('a signal', () => {
  it('ends a wait for a throttle, and its reason is what is thrown', async () => {
    const bench = await open({ 'test/model': [fault(429, { 'retry-after': '5' })] })
    const gone = new AbortController()
    const answered = answerChat(await bench.scope(), callOf({}, { signal: gone.signal })).catch((thrown: unknown) => thrown)
    await bench.memory.clock.advance(1_000)
    const reason = new Error('gone')
    gone.abort(reason)
    expect(await bench.during(answered)).toBe(reason)
    expect(models()).toEqual(['test/model'])
    expect(await bench.usage()).toEqual({ 'test/model': { requests: 0, input: 0, output: 0, nano: 0 } })
  })

  it('that fires while a model is asked ends its work, and nothing else is asked', async () => {
    const bench = await open({ 'test/model': ['never'] }, { fallback: ['test/other'] })
    const gone = new AbortController()
    const answered = answerChat(await bench.scope(), callOf({}, { signal: gone.signal })).catch((thrown: unknown) => thrown)
    await bench.memory.clock.advance(1_000)
    gone.abort()
    expect(await bench.during(answered)).toBe(gone.signal.reason)
    expect(bench.calls[0]?.options.abortSignal?.aborted).toBe(true)
    expect(models()).toEqual(['test/model'])
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 14, output: 100 } })
  })
})

it('says so when there is no model to ask', async () => {
  const bench = await open({})
  const none: ResolvedModel[] = []
  const call = { models: none, maxTokens: 1, inputTokens: 1, signal: new AbortController().signal, ask: never, onLost: () => {} }
  await expect(askModels(await bench.scope(), call)).rejects.toBeInstanceOf(ModelFailure)
  await expect(answerChat(await bench.scope(), callOf({ modelId: 'no/model' }))).rejects.toBeInstanceOf(InvalidInputError)
})

it('asks nobody twice for what was answered', async () => {
  const bench = await open({}, { fallback: ['test/other'] })
  const stream = await openChat(await bench.scope(), callOf())
  expect(textIn(await bench.during(readAll(stream.parts)))).toBe('from test/model')
  expect(models()).toEqual(['test/model'])
})
