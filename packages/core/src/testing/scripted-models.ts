import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Result,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import { InvalidInputError } from '../errors.ts'
import type { ModelEntry, Models } from '../language-model/catalogue.ts'

/** A text, a whole result, or for `test/stream` the parts of its stream. */
export type ScriptedAnswer =
  | string
  | Partial<LanguageModelV4GenerateResult>
  | { readonly stream: ReadableStream<LanguageModelV4StreamPart> }

/** What a scripted model does with a call; a fault is thrown. */
export type Script = (call: ScriptedCall) => ScriptedAnswer | Promise<ScriptedAnswer>

export interface ScriptedCall {
  /** The text of the last message. */
  readonly prompt: string
  /** Counts the calls of the same prompt, from 1. */
  readonly attempt: number
  readonly idempotencyKey: string | undefined
  readonly signal: AbortSignal | undefined
  readonly options: LanguageModelV4CallOptions
}

/** What the embedding model does with a call, the usual where it gives nothing back; a fault is thrown. */
export type EmbeddingScript = (
  call: EmbeddingModelV4CallOptions,
) => Partial<EmbeddingModelV4Result> | undefined | Promise<Partial<EmbeddingModelV4Result> | undefined>

export interface ScriptedModels extends Models {
  /** Every call so far. */
  readonly calls: readonly ScriptedCall[]
  /** Every call of the embedding model so far. */
  readonly embeddingCalls: readonly EmbeddingModelV4CallOptions[]
}

/**
 * The catalogue of tests: `test/model` at 1 and 2 USD per million tokens, `test/small`, which gives 10 tokens at most,
 * `test/stream`, which answers bit by bit, and `test/tools`, which has tools. `test/embedding` makes vectors of 3 texts a call, of 4 dimensions or up to 8: a text's
 * length and code units; a token is a code unit, at 1 USD per million.
 */
export function scriptedModels(script: Script, embeddingScript: EmbeddingScript = () => undefined): ScriptedModels {
  const calls: ScriptedCall[] = []
  const attempts = new Map<string, number>()
  const ask = async (options: LanguageModelV4CallOptions): Promise<Answered> => {
    const prompt = textOf(options)
    const attempt = (attempts.get(prompt) ?? 0) + 1
    attempts.set(prompt, attempt)
    const call = { prompt, attempt, idempotencyKey: options.headers?.['idempotency-key'], signal: options.abortSignal, options }
    calls.push(call)
    const answer = await script(call)
    const text = typeof answer === 'string' ? answer : ''
    return { ...completed(prompt, text), ...(typeof answer === 'string' ? {} : answer) }
  }
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'test/model',
    supportedUrls: {},
    doGenerate: ask,
    doStream: async (options) => {
      const answered = await ask(options)
      return { stream: answered.stream ?? streamOf(partsOf(answered)) }
    },
  }
  const embeddingCalls: EmbeddingModelV4CallOptions[] = []
  const embeddingModel: EmbeddingModelV4 = {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'test/embedding',
    maxEmbeddingsPerCall: 3,
    supportsParallelCalls: true,
    doEmbed: async (options) => {
      embeddingCalls.push(options)
      return { ...embedded(options), ...(await embeddingScript(options)) }
    },
  }
  const embedding: ModelEntry = { ...entry('test/embedding', 0), kind: 'embedding', dimensions }
  const tools: ModelEntry = entry('test/tools', 4_000)
  const withTools = { ...tools, capabilities: { ...tools.capabilities, tools: true } }
  const entries = [entry('test/model', 4_000), entry('test/small', 10), entry('test/stream', 4_000), withTools, embedding]
  return {
    calls,
    embeddingCalls,
    defaultModel: 'test/model',
    defaultEmbeddingModel: embedding.id,
    entries: () => entries,
    resolve(id = 'test/model') {
      const found = entries.find((candidate) => candidate.id === id && candidate.kind === 'language')
      if (!found) throw unknownModel()
      return { id: found.id, entry: found, servedBy: found.id, model, incremental: id === 'test/stream' }
    },
    resolveEmbedding(id = embedding.id) {
      if (id !== embedding.id) throw unknownModel()
      const { usual, allowed } = dimensions
      return {
        id,
        entry: embedding,
        servedBy: id,
        model: embeddingModel,
        dimensions: usual,
        allowedDimensions: allowed,
      }
    },
  }
}

const dimensions = { usual: 4, allowed: { least: 1, most: 8 } }

function embedded({ values, dimensions: length = dimensions.usual }: EmbeddingModelV4CallOptions): EmbeddingModelV4Result {
  const vector = (text: string): number[] =>
    Array.from({ length }, (_, index) => (index === 0 ? text.length : (text.charCodeAt(index - 1) || 0) / 65_536))
  return {
    embeddings: values.map(vector),
    usage: { tokens: values.reduce((sum, { length }) => sum + length, 0) },
    warnings: [],
  }
}

function unknownModel(): InvalidInputError {
  return new InvalidInputError('There is no such model.', { code: 'model_unknown', field: 'model_id' })
}

/** A stream of these parts, as they come. */
export function streamOf(
  parts: Iterable<LanguageModelV4StreamPart> | AsyncIterable<LanguageModelV4StreamPart>,
): ReadableStream<LanguageModelV4StreamPart> {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]()
  return new ReadableStream<LanguageModelV4StreamPart>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

type Answered = LanguageModelV4GenerateResult & { readonly stream?: ReadableStream<LanguageModelV4StreamPart> }

function* partsOf({ content, finishReason, usage }: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] }
  for (const [index, part] of content.entries()) {
    if (part.type !== 'text') continue
    const id = `${index}`
    yield { type: 'text-start', id }
    for (const [delta] of part.text.matchAll(/\s*\S+|\s+$/g)) yield { type: 'text-delta', id, delta }
    yield { type: 'text-end', id }
  }
  yield { type: 'finish', finishReason, usage }
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
