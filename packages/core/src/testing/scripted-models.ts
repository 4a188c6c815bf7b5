import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import { InvalidInputError } from '../errors.ts'
import type { ModelEntry, Models } from '../language-model/catalogue.ts'

/** What a scripted model does with a call: a text, or a whole result; a fault is thrown. */
export type Script = (
  call: ScriptedCall,
) => string | Partial<LanguageModelV4GenerateResult> | Promise<string | Partial<LanguageModelV4GenerateResult>>

export interface ScriptedCall {
  /** The text of the last message. */
  readonly prompt: string
  /** Counts the calls of the same prompt, from 1. */
  readonly attempt: number
  readonly idempotencyKey: string | undefined
  readonly signal: AbortSignal | undefined
  readonly options: LanguageModelV4CallOptions
}

export interface ScriptedModels extends Models {
  /** Every call so far. */
  readonly calls: readonly ScriptedCall[]
}

/** The catalogue of tests: `test/model` at 1 and 2 USD per million tokens, and `test/small`, which gives 10 tokens at most. */
export function scriptedModels(script: Script): ScriptedModels {
  const calls: ScriptedCall[] = []
  const attempts = new Map<string, number>()
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'test/model',
    supportedUrls: {},
    async doGenerate(options) {
      const prompt = textOf(options)
      const attempt = (attempts.get(prompt) ?? 0) + 1
      attempts.set(prompt, attempt)
      const call = { prompt, attempt, idempotencyKey: options.headers?.['idempotency-key'], signal: options.abortSignal, options }
      calls.push(call)
      const answer = await script(call)
      return { ...completed(prompt, typeof answer === 'string' ? answer : ''), ...(typeof answer === 'string' ? {} : answer) }
    },
    doStream: () => Promise.reject(new Error('The scripted model of the tests does not stream.')),
  }
  const entries = [entry('test/model', 4_000), entry('test/small', 10)]
  return {
    calls,
    defaultModel: 'test/model',
    entries: () => entries,
    resolve(id = 'test/model') {
      const found = entries.find((candidate) => candidate.id === id)
      if (!found) throw new InvalidInputError('There is no such model.', { code: 'model_unknown', field: 'model_id' })
      return { entry: found, servedBy: found.id, model }
    },
  }
}

function textOf(options: LanguageModelV4CallOptions): string {
  const content = options.prompt.at(-1)?.content ?? ''
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function completed(prompt: string, text: string): LanguageModelV4GenerateResult {
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: prompt.length, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: text.length, text: undefined, reasoning: undefined },
    },
    warnings: [],
  }
}

function entry(id: string, maxOutput: number): ModelEntry {
  return {
    id,
    kind: 'language',
    family: 'test',
    provider: 'test',
    context: 100_000,
    maxOutput,
    capabilities: { tools: false, images: false, structuredOutput: false, streaming: false, sampling: true },
    lifecycle: { status: 'active' },
    price: { input: 1, output: 2, date: '2026-01-01', source: 'made up for tests' },
  }
}
