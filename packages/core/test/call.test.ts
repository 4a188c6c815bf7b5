import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { callModel, type ModelAnswer, type ModelCall, ModelFailure, priceOf } from '../src/index.ts'
import type { Script } from '../src/testing/index.ts'
import { EventBench } from './event-driven/bench.ts'

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
    })
    const [call] = bench.models.calls
    expect(call?.options).toMatchObject({ maxOutputTokens: 77, headers: { 'idempotency-key': 'key-1' } })
    expect('responseFormat' in (call?.options ?? {})).toBe(false)
    expect(call?.signal?.aborted).toBe(false)
    expect(bench.memory.clock.timers).toBe(0)
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
    await bench.memory.clock.advance(9_999)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(false)
    await bench.memory.clock.advance(1)
    expect(await rejection(answer)).toMatchObject({ kind: 'transient', code: 'model_timeout', retryable: true })
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    late('Too late.')
    await bench.memory.clock.advance(60_000)
    expect(bench.memory.clock.timers).toBe(0)
  })

  it("that is aborted ends with the signal's reason, before or while it runs, and is no failure [X7]", async () => {
    const controller = new AbortController()
    const running = await ask(() => new Promise(() => {}), { signal: controller.signal })
    await running.bench.memory.clock.advance(0)
    const reason = new Error('lost')
    controller.abort(reason)
    expect(await rejection(running.answer)).toBe(reason)
    expect(running.bench.models.calls[0]?.signal?.aborted).toBe(true)
    expect(running.bench.memory.clock.timers).toBe(0)
    const before = await ask(() => 'x', { signal: controller.signal })
    expect(await rejection(before.answer)).toBe(reason)
    expect(before.bench.models.calls).toEqual([])
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
