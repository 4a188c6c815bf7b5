/** One call of a model for a chat, whole or in parts, with its span and its figures. @module */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import type { Span } from '@opentelemetry/api'
import { boundedCall } from '../language-model/bounded-call.ts'
import { attributionOf, tokensOf } from '../language-model/call.ts'
import { priceOf, type ResolvedModel, type Usage } from '../language-model/catalogue.ts'
import { classifyFailure, ModelFailure } from '../language-model/failure.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import { WatchedReader } from '../language-model/watched-reader.ts'
import type { Uses } from '../scope/scope.ts'
import { inSpan, recordModelCall, spanNames } from '../telemetry.ts'
import type { ChatContent, ChatFinish, ChatPart, ChatRequest, ChatUsage } from './chat.ts'
import { ChatParts, noArguments } from './chat-parts.ts'
import { redactedOf, saidOf } from './provider-words.ts'

export interface ChatModelCall {
  readonly resolved: ResolvedModel
  readonly request: ChatRequest
  readonly maxTokens: number
  /** Estimated; for providers that don't tell. */
  readonly inputTokens: number
  /** The work that it is for; the provider's logs name it. */
  readonly requestId: string
  readonly signal: AbortSignal
}

/** What a model gave, whole. */
export interface ModelChat {
  readonly content: readonly ChatContent[]
  readonly finish: ChatFinish
}

/** For a whole answer, and for the first part of a streamed one, milliseconds. */
const answerTimeout = 5 * 60_000

/** @throws ModelFailure, whatever went wrong; or the signal's reason when it was aborted. */
export function generateChat(scope: Uses<never>, call: ChatModelCall): Promise<ModelChat> {
  return observed(scope, call, async (started) => {
    const { resolved, signal } = call
    const result = await boundedCall(scope.clock, { timeout: answerTimeout, signal }, (aborted) =>
      Promise.resolve(resolved.model.doGenerate(optionsOf(scope, call, aborted))),
    )
    const content = contentOf(result.content)
    const finish = finishOf(result, usageOf(call, result.usage, textOf(content), scope.clock.now() - started))
    return [{ content, finish }, finish]
  })
}

/** A streamed answer. To be read to its end, or returned. */
export interface ChatStream extends AsyncIterableIterator<ChatPart> {
  return(): Promise<IteratorResult<ChatPart, undefined>>
  /**
   * What it used: as the provider says at the end, before that by what came so far. Of a model whose text is there at once, that is the
   * most that it may be.
   */
  used(): ChatUsage
}

/**
 * A streamed answer. It is given when its first content is there, so that a call that fails before that can be made anew; what fails
 * later fails the iteration.
 */
export async function streamChat(scope: Uses<never>, call: ChatModelCall): Promise<ChatStream> {
  const started = scope.clock.now()
  const state: StreamState = { parts: new ChatParts(), told: undefined }
  const parts = partsOf(scope, call, state)
  let first: IteratorResult<ChatPart, undefined> | undefined = await parts.next()
  const stream: ChatStream = {
    next: () => {
      if (!first) return parts.next()
      const next = first
      first = undefined
      return Promise.resolve(next)
    },
    // It has begun, so that its end is seen to, also when nobody reads on.
    return: () => {
      first = undefined
      return parts.return(undefined)
    },
    used: () => state.told ?? usedSoFar(call, state.parts.text, scope.clock.now() - started),
    [Symbol.asyncIterator]: () => stream,
  }
  return stream
}

interface StreamState {
  readonly parts: ChatParts
  told: ChatUsage | undefined
}

function usedSoFar(call: ChatModelCall, text: string, latencyMs: number): ChatUsage {
  const { resolved, maxTokens } = call
  const { outputTokens, ...usage } = usageOf(call, undefined, text, latencyMs)
  return { ...usage, outputTokens: resolved.incremental ? Math.min(maxTokens, outputTokens) : maxTokens }
}

/** @throws ModelFailure `model_timeout` also when the model stops in the middle and says nothing more. */
async function* partsOf(
  scope: Uses<never>,
  call: ChatModelCall,
  state: StreamState,
): AsyncGenerator<ChatPart, undefined, undefined> {
  const { clock } = scope
  const { resolved, signal } = call
  const { parts } = state
  const started = clock.now()
  const ending = new AbortController()
  const aborted = AbortSignal.any([signal, ending.signal])
  const bounds = { timeout: answerTimeout, signal }
  let reader: WatchedReader<LanguageModelV4StreamPart> | undefined
  try {
    const { stream } = await boundedCall(clock, bounds, () =>
      Promise.resolve(resolved.model.doStream(optionsOf(scope, call, aborted))),
    )
    reader = new WatchedReader(stream, clock, bounds)
    for (let read = await reader.read(); read; read = await reader.read()) {
      const part = read.value
      if (part?.type === 'error') throw part.error
      if (part?.type === 'finish') {
        const rest = parts.end()
        const finish = finishOf(part, usageOf(call, part.usage, parts.text, clock.now() - started))
        state.told = finish.usage
        yield* rest
        recordModelCall(scope.caller, resolved.entry.id, pricedUsage(resolved, finish.usage))
        yield { type: 'finish', finish }
        return undefined
      }
      yield* parts.take(part)
    }
    throw new ModelFailure('transient', 'model_answer_cut', 'The answer broke off.')
  } catch (error) {
    if (signal.aborted) throw error
    const failure = classifyFailure(error, resolved)
    recordModelCall(scope.caller, resolved.entry.id, { errorCode: failure.code, milliseconds: clock.now() - started })
    throw failure
  } finally {
    // Whoever left early ends the provider's work, too.
    ending.abort(new ModelFailure('transient', 'interrupted', 'Nobody reads the answer any more.'))
    reader?.close()
  }
}

/** What clients have no use for is left out, as {@link ChatParts} does. */
function contentOf(given: LanguageModelV4GenerateResult['content']): readonly ChatContent[] {
  const content: ChatContent[] = []
  for (const part of given) {
    if (part.type === 'text' && part.text !== '') content.push({ type: 'text', text: part.text.toWellFormed() })
    if (part.type === 'reasoning') {
      const signature = saidOf(part.providerMetadata, 'signature')
      const redacted = redactedOf(part.providerMetadata)
      if (redacted !== undefined) content.push({ type: 'reasoning', text: '', redacted })
      if (part.text === '' && signature === undefined) continue
      content.push({ type: 'reasoning', text: part.text.toWellFormed(), ...(signature === undefined ? {} : { signature }) })
    }
    if (part.type === 'tool-call' && !part.providerExecuted) {
      const { toolCallId, toolName, input } = part
      content.push({ type: 'tool-call', toolCallId, toolName, input: input === '' ? noArguments : input })
    }
  }
  return content
}

async function observed<Result>(
  scope: Uses<never>,
  call: ChatModelCall,
  work: (started: number) => Promise<readonly [Result, ChatFinish]>,
): Promise<Result> {
  const { entry } = call.resolved
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': entry.provider,
    'gen_ai.request.model': entry.id,
    'gen_ai.request.max_tokens': call.maxTokens,
  }
  return inSpan(scope.caller, `${spanNames.chat} ${entry.id}`, attributes, async (span: Span) => {
    const started = scope.clock.now()
    try {
      const [result, { reason, usage }] = await work(started)
      span.setAttributes({
        'gen_ai.response.model': call.resolved.servedBy,
        'gen_ai.response.finish_reasons': [reason],
        'gen_ai.usage.input_tokens': usage.inputTokens,
        'gen_ai.usage.output_tokens': usage.outputTokens,
      })
      recordModelCall(scope.caller, entry.id, pricedUsage(call.resolved, usage))
      return result
    } catch (error) {
      if (call.signal.aborted) throw error
      const failure = classifyFailure(error, call.resolved)
      recordModelCall(scope.caller, entry.id, { errorCode: failure.code, milliseconds: scope.clock.now() - started })
      throw failure
    }
  })
}

function optionsOf(scope: Uses<never>, call: ChatModelCall, abortSignal: AbortSignal): LanguageModelV4CallOptions {
  const { modelId: _, ...asked } = call.request
  return {
    ...asked,
    maxOutputTokens: call.maxTokens,
    abortSignal,
    headers: { 'idempotency-key': `${scope.caller.tenant}:${call.requestId}` },
    providerOptions: { bedrock: { requestMetadata: attributionOf(scope, call.requestId) } },
  }
}

type Finished = Pick<Extract<LanguageModelV4StreamPart, { type: 'finish' }>, 'finishReason'> & {
  readonly providerMetadata?: SharedV4ProviderMetadata
}

function finishOf({ finishReason, providerMetadata }: Finished, usage: ChatUsage): ChatFinish {
  const { unified } = finishReason
  if (unified === 'error' || unified === 'interrupted')
    throw new ModelFailure('transient', 'model_answer_cut', 'The answer broke off.')
  const stopSequence = saidOf(providerMetadata, 'stopSequence', 'stop_sequence')
  return { reason: unified, usage, ...(stopSequence === undefined ? {} : { stopSequence }) }
}

/** What a provider doesn't count is estimated, so that nobody's budget is spent on what costs nothing. */
function usageOf(call: ChatModelCall, usage: LanguageModelV4Usage | undefined, text: string, latencyMs: number): ChatUsage {
  const { inputTokens, outputTokens } = usage ?? {}
  return {
    inputTokens: inputTokens?.total === undefined ? call.inputTokens : tokensOf(inputTokens.total),
    outputTokens: outputTokens?.total === undefined ? estimateTextTokens(text) : tokensOf(outputTokens.total),
    cacheReadTokens: tokensOf(inputTokens?.cacheRead),
    cacheWriteTokens: tokensOf(inputTokens?.cacheWrite),
    reasoningTokens: tokensOf(outputTokens?.reasoning),
    latencyMs,
  }
}

/** A usage with its price, at the list price of the model asked for. */
export function pricedUsage({ entry }: ResolvedModel, usage: ChatUsage): Usage {
  const { inputTokens: input, outputTokens: output, cacheReadTokens, cacheWriteTokens, latencyMs: latency_ms } = usage
  const usd = priceOf(entry.price, { input, output, cacheRead: cacheReadTokens, cacheWrite: cacheWriteTokens })
  return { input_tokens: input, output_tokens: output, usd, latency_ms }
}

function textOf(content: readonly ChatContent[]): string {
  return content.map((part) => (part.type === 'tool-call' ? part.input : part.text)).join('')
}
