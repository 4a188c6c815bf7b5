import type { LanguageModelV4CallOptions, LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { APICallError } from '@ai-sdk/provider'
import {
  type Adapters,
  type ChatPart,
  type ChatRequest,
  createPlatform,
  type GovernedCall,
  InvalidInputError,
  LocalIssuer,
  type ModelEntry,
  type ModelLimits,
  type Models,
  type Platform,
  type ResolvedModel,
  type Row,
  type Scope,
  TenantRegistry,
} from '../../src/index.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import type { TenantSettings } from '../../src/tenancy/tenant.ts'
import { type EmbeddingScript, type MemoryPlatform, memoryPlatform, scriptedModels } from '../../src/testing/index.ts'

export interface GatewayModelCall {
  readonly model: string
  readonly streamed: boolean
  /** Of all calls, from 1. */
  readonly number: number
  readonly options: LanguageModelV4CallOptions
}

export type Whole = LanguageModelV4GenerateResult
export type Streamed = ReadableStream<LanguageModelV4StreamPart>

/** A text for both ways, a whole answer, or a stream. */
export type GatewayScript = (call: GatewayModelCall) => Promise<string | Partial<Whole> | Streamed>

const entries: Readonly<Record<string, Partial<ModelEntry> & { readonly incremental?: boolean }>> = {
  'test/model': { price: priceOf(1, 2), incremental: true },
  'test/other': { price: priceOf(10, 20), incremental: true },
  'test/at-once': { price: priceOf(3, 4) },
  'test/retired': {
    price: priceOf(1, 2),
    incremental: true,
    lifecycle: { status: 'retired', retired: '2025-10-28', successor: 'test/other' },
  },
  'test/cached': { price: { ...priceOf(1, 2), cached: { read: 0.1, write: 1.25 } }, incremental: true },
  'test/plain': {
    price: priceOf(5, 5),
    incremental: true,
    capabilities: { tools: false, images: false, structuredOutput: false, streaming: true, sampling: true },
  },
}

/** A gateway in memory, with two tenants, whose models do what a script says. */
export class GatewayBench {
  readonly memory: MemoryPlatform
  readonly models: Models
  readonly registry: TenantRegistry
  readonly calls: GatewayModelCall[] = []
  /** Every tenant is set up by it. */
  settings: Partial<Pick<TenantSettings, 'model_config' | 'limits' | 'filters'>> = {}
  platform: Platform
  readonly #issuer: LocalIssuer
  readonly #authenticator: Authenticator

  private constructor(parts: {
    memory: MemoryPlatform
    models: Models
    registry: TenantRegistry
    issuer: LocalIssuer
    calls: GatewayModelCall[]
  }) {
    this.memory = parts.memory
    this.models = parts.models
    this.registry = parts.registry
    this.#issuer = parts.issuer
    this.calls = parts.calls
    this.platform = parts.memory.platform
    this.#authenticator = new Authenticator({
      registry: parts.registry,
      issuer: parts.issuer,
      clock: parts.memory.clock,
    })
  }

  static async open(
    script: GatewayScript,
    options: { readonly limits?: ModelLimits; readonly embeddings?: EmbeddingScript } = {},
  ): Promise<GatewayBench> {
    const calls: GatewayModelCall[] = []
    const models = modelsOf(script, calls, options.embeddings)
    const memory = memoryPlatform({ models, ...(options.limits ? { limits: options.limits } : {}) })
    const operator = memory.platform.operate()
    const registry = new TenantRegistry(operator)
    await registry.ensure('alpha', 'Alpha')
    await registry.ensure('beta', 'Beta')
    return new GatewayBench({ memory, models, registry, issuer: await LocalIssuer.open(operator), calls })
  }

  /** Another process on the same data. */
  process(adapters: Partial<Adapters> = {}): Platform {
    return createPlatform('memory', { ...this.memory.adapters, ...adapters }, this.models)
  }

  async scope(user = 'ada', tenant = 'alpha', platform = this.platform): Promise<Scope> {
    const token = await this.#issuer.sign({ tenant, user, permissions: ['*'], lifetime: 86_400 * 365 })
    const caller = await this.#authenticator.authenticate(`Bearer ${token}`, `correlation-of-${user}`)
    return platform.scope({ ...caller, settings: { ...caller.settings, ...this.settings } })
  }

  async rows(collection: string, tenant = 'alpha'): Promise<readonly Row[]> {
    const { items } = await this.memory.inner.state.operations.rows(tenant, { limit: 1_000 })
    return items.filter((row) => row.collection === collection)
  }

  /** What usage shows, of all days and users, by model. */
  async usage(tenant = 'alpha'): Promise<Record<string, { requests: number; input: number; output: number; nano: number }>> {
    const sums: Record<string, { requests: number; input: number; output: number; nano: number }> = {}
    for (const { sort, index } of await this.rows('usage', tenant)) {
      const model = decodeURIComponent(sort.split('/')[1] ?? '')
      const sum = sums[model] ?? { requests: 0, input: 0, output: 0, nano: 0 }
      sum.requests += Number(index.requests ?? 0)
      sum.input += Number(index.input_tokens ?? 0)
      sum.output += Number(index.output_tokens ?? 0)
      sum.nano += Number(index.nano_usd ?? 0)
      sums[model] = sum
    }
    return sums
  }

  async spent(tenant = 'alpha'): Promise<number> {
    return (await this.rows('spending', tenant)).reduce((sum, { index }) => sum + Number(index.taken), 0)
  }

  /** What the trail was told of calls. */
  async trail(tenant = 'alpha'): Promise<readonly Record<string, unknown>[]> {
    const entries = (await this.rows('audit-entries', tenant)).map(({ index }) => index)
    return entries.sort((one, other) => Number(one.written) - Number(other.written))
  }

  /** Lets what was asked for come so far, without any time passing. */
  async until(so: () => boolean): Promise<void> {
    for (let turn = 0; turn < 200 && !so(); turn++) await this.memory.clock.advance(0)
    if (!so()) throw new Error('It never came so far.')
  }

  /** Time passes in steps while something is awaited. */
  async during<Result>(work: Promise<Result>, step = 100, most = 8_000): Promise<Result> {
    let over = false
    work.then(
      () => {
        over = true
      },
      () => {
        over = true
      },
    )
    await this.memory.clock.advance(0)
    for (let steps = 0; !over && steps < most; steps++) await this.memory.clock.advance(step)
    return work
  }
}

let counted = 0

export function callOf(
  request: Partial<ChatRequest> & { readonly text?: string } = {},
  call: Partial<GovernedCall> = {},
): GovernedCall {
  const { text = 'What is a queue?', ...rest } = request
  return {
    id: `00000000-0000-4000-8000-${String(++counted).padStart(12, '0')}`,
    request: {
      modelId: 'test/model',
      prompt: [{ role: 'user', content: [{ type: 'text', text }] }],
      maxOutputTokens: 100,
      ...rest,
    },
    what: 'POST /v1/messages',
    signal: new AbortController().signal,
    ...call,
  }
}

export function whole(text: string, used: { readonly input?: number; readonly output?: number } = {}): Whole {
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: usageOf(used.input ?? 7, used.output ?? text.length),
    warnings: [],
  }
}

export function usageOf(input: number | undefined, output: number | undefined): Whole['usage'] {
  return {
    inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: undefined, reasoning: undefined },
  }
}

export function finishPart(input?: number, output?: number): LanguageModelV4StreamPart {
  return { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage: usageOf(input, output) }
}

/** Parts that come when they are asked for, and not before; the last one may be what it fails with. */
export function parts(
  given: readonly (LanguageModelV4StreamPart | Error | Promise<never>)[],
  told: (part: LanguageModelV4StreamPart) => void = () => {},
): Streamed {
  let at = 0
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        const part = await given[at++]
        if (part === undefined) controller.close()
        else if (part instanceof Error) controller.error(part)
        else {
          told(part)
          controller.enqueue(part)
        }
      },
    },
    { highWaterMark: 0 },
  )
}

export function textParts(...deltas: readonly string[]): LanguageModelV4StreamPart[] {
  const id = '0'
  return [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id },
    ...deltas.map((delta): LanguageModelV4StreamPart => ({ type: 'text-delta', id, delta })),
    { type: 'text-end', id },
  ]
}

export function fault(statusCode: number, headers?: Record<string, string>): APICallError {
  return new APICallError({
    message: 'what the provider says',
    url: '',
    requestBodyValues: {},
    statusCode,
    ...(headers ? { responseHeaders: headers } : {}),
  })
}

export const never = (): Promise<never> => new Promise(() => {})

export async function readAll(from: AsyncIterable<ChatPart>): Promise<ChatPart[]> {
  const all: ChatPart[] = []
  for await (const part of from) all.push(part)
  return all
}

export function textIn(given: readonly ChatPart[]): string {
  return given.map((part) => ('delta' in part ? part.delta : '')).join('')
}

function priceOf(input: number, output: number): ModelEntry['price'] {
  return { input, output, date: '2026-01-01', source: 'made up for tests' }
}

function modelsOf(script: GatewayScript, calls: GatewayModelCall[], embeddings?: EmbeddingScript): Models {
  const base = scriptedModels(() => '', embeddings)
  const usual = base.resolve('test/model')
  const resolved = Object.entries(entries).map(([id, { incremental = false, ...given }]): ResolvedModel => {
    const ask = async (options: LanguageModelV4CallOptions, streamed: boolean): ReturnType<GatewayScript> => {
      const call = { model: id, streamed, number: calls.length + 1, options }
      calls.push(call)
      return script(call)
    }
    const entry: ModelEntry = {
      ...usual.entry,
      capabilities: { tools: true, images: true, structuredOutput: true, streaming: true, sampling: true },
      ...given,
      id,
    }
    const model: ResolvedModel['model'] = {
      specificationVersion: 'v4',
      provider: 'test',
      modelId: id,
      supportedUrls: {},
      doGenerate: async (options) => {
        const answer = await ask(options, false)
        if (answer instanceof ReadableStream) throw new Error('The script streams a whole answer.')
        return typeof answer === 'string' ? whole(answer) : { ...whole(''), ...answer }
      },
      doStream: async (options) => {
        const answer = await ask(options, true)
        if (answer instanceof ReadableStream) return { stream: answer }
        const text = typeof answer === 'string' ? answer : ''
        const given = text === '' ? [] : textParts(...(text.match(/.{1,5}/gs) ?? []))
        return { stream: parts([...given, finishPart(7, text.length)]) }
      },
    }
    return { id, entry, servedBy: id, model, incremental }
  })
  return {
    defaultModel: 'test/model',
    defaultEmbeddingModel: base.defaultEmbeddingModel,
    entries: () => resolved.map(({ entry }) => entry),
    resolve: (id = 'test/model') => {
      const found = resolved.find((each) => each.id === id)
      if (!found) throw new InvalidInputError('There is no such model.', { code: 'model_unknown', field: 'model_id' })
      return found
    },
    resolveEmbedding: (id) => base.resolveEmbedding(id),
  }
}
