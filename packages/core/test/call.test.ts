import type { LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { callModel, type ModelAnswer, type ModelCall, ModelFailure, priceOf } from '../src/index.ts'
import { type Script, scriptedModels, streamOf } from '../src/testing/index.ts'
import { tickMilliseconds } from '../src/ticker.ts'
import { EventBench } from './event-driven/bench.ts'

/** After a tick nothing is left that waits. */
async function idle(bench: EventBench): Promise<void> {
  await bench.memory.clock.advance(tickMilliseconds)
  expect(bench.memory.clock.timers).toBe(0)
}

type Part = LanguageModelV4GenerateResult['content'][number]

/** Asks a scripted model once; what it gets is in `models.calls`. */
async function ask(script: Script, parts: Partial<ModelCall> = {}): Promise<{ bench: EventBench; answer: Promise<ModelAnswer> }> {
  const bench = await EventBench.open(script, { worker: false })
  const scope = await bench.scope()
  const prompt: ModelCall['prompt'] = [{ role: 'user', content: [{ type: 'text', text: 'Why?' }] }]
  const call: ModelCall = {
    resolved: scope.models.resolve('test/model'),
    prompt,
    maxTokens: 77,
    requestId: 'request-1',
    idempotencyKey: 'key-1',
    timeout: 10_000,
    ...parts,
  }
  const answer = callModel(scope, call)
  answer.catch(() => {})
  return { bench, answer }
}

const text = (words: string): Part => ({ type: 'text', text: words })
const finished = (
  unified: LanguageModelV4GenerateResult['finishReason']['unified'],
  content: Part[],
): Partial<LanguageModelV4GenerateResult> => ({
  content,
  finishReason: { unified, raw: undefined },
})

describe('a model call', () => {
  it('hands on prompt, most tokens, key and a signal, and gives back text, model, usage and price [R14, X17]', async () => {
    const { bench, answer } = await ask(() => 'Because.')
    expect(await answer).toEqual({
      text: 'Because.',
      stopReason: 'end_turn',
      modelId: 'test/model',
      usage: { input_tokens: 4, output_tokens: 8, usd: (4 * 1 + 8 * 2) / 1e6, latency_ms: 0 },
      findings: [],
    })
    const [call] = bench.models.calls
    expect(call?.options).toMatchObject({ maxOutputTokens: 77, headers: { 'idempotency-key': 'key-1' } })
    expect('responseFormat' in (call?.options ?? {})).toBe(false)
    expect(call?.signal?.aborted).toBe(false)
    await idle(bench)
  })

  it('asks for a form when it is told to', async () => {
    const { bench, answer } = await ask(() => '{}', { responseFormat: { type: 'json' } })
    await answer
    expect(bench.models.calls[0]?.options.responseFormat).toEqual({ type: 'json' })
  })

  it.each<[string, Partial<LanguageModelV4GenerateResult>, string, string]>([
    ['the end', finished('stop', [text('All.')]), 'All.', 'end_turn'],
    ['its most tokens', finished('length', [text('Half')]), 'Half', 'max_tokens'],
    ['a filter, after some words', finished('content-filter', [text('Some')]), 'Some', 'content_filtered'],
    ['a tool', finished('tool-calls', [text('Let me see.')]), 'Let me see.', 'tool_use'],
    ['something else', finished('other', [text('Hm.')]), 'Hm.', 'other'],
    [
      'reasons in several parts',
      finished('stop', [text('One '), { type: 'reasoning', text: 'hidden' }, text('two.')]),
      'One two.',
      'end_turn',
    ],
    ['nothing said about it', { content: [text('Odd.')], finishReason: undefined as never }, 'Odd.', 'other'],
  ])('that stops for %s says so [X20]', async (_, result, words, stopReason) => {
    expect(await (await ask(() => result)).answer).toMatchObject({ text: words, stopReason })
  })

  it.each<[string, Script, string, string]>([
    ['no content', () => finished('stop', []), 'transient', 'model_answer_empty'],
    ['thoughts alone', () => finished('stop', [{ type: 'reasoning', text: 'hidden' }]), 'transient', 'model_answer_empty'],
    ['a filter alone', () => finished('content-filter', []), 'content', 'model_content_refused'],
    ['an error in the middle', () => finished('error', [text('Hal')]), 'transient', 'model_answer_cut'],
    ['content of another form', () => ({ content: { text: 'x' } as never }), 'transient', 'model_answer_malformed'],
    [
      'parts of another form',
      () => ({ content: [null, 'x', { type: 'text', text: 1 }] as never }),
      'transient',
      'model_answer_empty',
    ],
    ['a fault', () => Promise.reject(new Error('raw')), 'transient', 'model_failed'],
  ])('that ends with %s has failed [X10, X19, X20]', async (_, script, kind, code) => {
    const error = await rejection((await ask(script)).answer)
    expect(error).toBeInstanceOf(ModelFailure)
    expect(error).toMatchObject({ kind, code })
    expect((error as ModelFailure).message).not.toContain('raw')
  })

  it('that takes too long is ended, told so by its signal, and may answer later without harm [X10]', async () => {
    let late: (words: string) => void = () => {}
    const { bench, answer } = await ask(() => new Promise<string>((resolve) => (late = resolve)))
    await bench.memory.clock.advance(10_000)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(false)
    await bench.memory.clock.advance(tickMilliseconds)
    expect(await rejection(answer)).toMatchObject({ kind: 'transient', code: 'model_timeout', retryable: true })
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    late('Too late.')
    await bench.memory.clock.advance(60_000)
    await idle(bench)
  })

  it("that is aborted ends with the signal's reason, before or while it runs, and is no failure [X7]", async () => {
    const controller = new AbortController()
    const running = await ask(() => new Promise(() => {}), { signal: controller.signal })
    await running.bench.memory.clock.advance(0)
    const reason = new Error('lost')
    controller.abort(reason)
    expect(await rejection(running.answer)).toBe(reason)
    expect(running.bench.models.calls[0]?.signal?.aborted).toBe(true)
    await idle(running.bench)
    const before = await ask(() => 'x', { signal: controller.signal })
    expect(await rejection(before.answer)).toBe(reason)
    expect(before.bench.models.calls).toEqual([])
  })
})

describe('a model call whose answer comes bit by bit', () => {
  const delta = (words: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta: words })
  const finish: LanguageModelV4StreamPart = {
    type: 'finish',
    finishReason: { unified: 'length', raw: 'max_tokens' },
    usage: {
      inputTokens: { total: 3, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 2, text: undefined, reasoning: undefined },
    },
  }
  const stream = async (parts: Parameters<typeof streamOf>[0], told: string[] = []) => {
    const resolved = scriptedModels(() => ({ stream: streamOf(parts) })).resolve('test/stream')
    return ask(() => '', { resolved, onText: (words) => told.push(words) })
  }

  it('is told of as it grows, and is whole at the end, with usage and why it stopped', async () => {
    const told: string[] = []
    const parts = [
      delta('Be'),
      delta(''),
      { type: 'reasoning-delta' as const, id: '1', delta: 'hidden' },
      delta('cau'),
      { type: 'text-delta' as const, id: '2', delta: 'se.' },
      finish,
    ]
    const { answer } = await stream(parts, told)
    expect(await answer).toMatchObject({
      text: 'Because.',
      stopReason: 'max_tokens',
      usage: { input_tokens: 3, output_tokens: 2, usd: (3 * 1 + 2 * 2) / 1e6 },
    })
    expect(told).toEqual(['Be', 'Becau', 'Because.'])
  })

  it('is asked for only where somebody wants to be told', async () => {
    const resolved = scriptedModels(() => 'x').resolve('test/stream')
    const doStream = (): Promise<never> => Promise.reject(new Error('nobody asked'))
    const { answer } = await ask(() => '', { resolved: { ...resolved, model: { ...resolved.model, doStream } } })
    expect((await answer).text).toBe('x')
  })

  async function* breaking(error: Error): AsyncGenerator<LanguageModelV4StreamPart> {
    yield delta('Hal')
    throw error
  }
  it.each<[string, () => Parameters<typeof streamOf>[0], string, string]>([
    ['ends without saying so', () => [delta('Hal')], 'transient', 'model_answer_cut'],
    ['ends at once', () => [], 'transient', 'model_answer_cut'],
    ['holds no text', () => [finish], 'transient', 'model_answer_empty'],
    ['holds an error', () => [delta('Hal'), { type: 'error', error: new Error('raw') }, finish], 'transient', 'model_failed'],
    ['holds an error of the provider', () => [{ type: 'error', error: { statusCode: 429 } }], 'throttle', 'model_throttled'],
    ['breaks', () => breaking(Object.assign(new Error('raw'), { code: 'ECONNRESET' })), 'transient', 'model_unavailable'],
    [
      'holds parts of another form',
      () => [null as never, delta(1 as never), 'x' as never, finish],
      'transient',
      'model_answer_empty',
    ],
  ])('that %s has failed [X10, X19, X20]', async (_, parts, kind, code) => {
    const error = await rejection((await stream(parts())).answer)
    expect(error).toMatchObject({ kind, code })
    expect((error as ModelFailure).message).not.toContain('raw')
  })

  it('that hangs in the middle is ended, and its stream let go [X10]', async () => {
    let left = false
    const told: string[] = []
    const hanging = new ReadableStream<LanguageModelV4StreamPart>({
      start: (controller) => controller.enqueue(delta('Hal')),
      cancel: () => {
        left = true
      },
    })
    const resolved = scriptedModels(() => ({ stream: hanging })).resolve('test/stream')
    const { bench, answer } = await ask(() => '', { resolved, onText: (words) => told.push(words) })
    await bench.memory.clock.advance(10_000 + tickMilliseconds)
    expect(await rejection(answer)).toMatchObject({ code: 'model_timeout' })
    expect([told, left]).toEqual([['Hal'], true])
    await idle(bench)
  })
})

describe('the price of a call', () => {
  it('is that of its tokens, per million [X17]', () => {
    const price = { input: 3, output: 15, date: '2026-01-01', source: 'a test' }
    expect(priceOf(price, { input: 1_000_000, output: 0 })).toBe(3)
    expect(priceOf(price, { input: 0, output: 2_000_000 })).toBe(30)
    expect(priceOf(price, { input: 1_000, output: 100 })).toBeCloseTo(0.0045, 12)
    expect(priceOf(price, { input: 0, output: 0 })).toBe(0)
  })
})
