import type { LanguageModelV4CallOptions, LanguageModelV4FinishReason, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import type { Uses } from '../scope/scope.ts'
import { inSpan, recordModelCall, spanNames } from '../telemetry.ts'
import { priceOf, type ResolvedModel, type Usage } from './catalogue.ts'
import { classifyFailure, ModelFailure } from './failure.ts'

/** Why the model stopped, in the words of Bedrock's Converse API. */
export type StopReason = 'end_turn' | 'max_tokens' | 'content_filtered' | 'tool_use' | 'other'

export interface ModelAnswer {
  readonly text: string
  readonly stopReason: StopReason
  /** What answered. */
  readonly modelId: string
  readonly usage: Usage
}

export interface ModelCall {
  readonly resolved: ResolvedModel
  readonly prompt: LanguageModelV4CallOptions['prompt']
  readonly maxTokens: number
  /** The same for every repetition of the same call, so that a provider that knows it answers once. */
  readonly idempotencyKey: string
  /** How long to wait for the whole answer, milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal
  readonly responseFormat?: LanguageModelV4CallOptions['responseFormat']
}

/**
 * Calls a language model once.
 * @throws ModelFailure, whatever went wrong; or the signal's reason when it was aborted.
 */
export async function callModel(scope: Uses<never>, call: ModelCall): Promise<ModelAnswer> {
  const { resolved } = call
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': resolved.entry.provider,
    'gen_ai.request.model': resolved.entry.id,
    'gen_ai.request.max_tokens': call.maxTokens,
  }
  return inSpan(scope.caller, `${spanNames.chat} ${resolved.entry.id}`, attributes, async (span) => {
    const started = scope.clock.now()
    try {
      const result = await withTimeout(scope, call)
      const answer = answerOf(result, resolved, scope.clock.now() - started)
      span.setAttributes({
        'gen_ai.response.model': answer.modelId,
        'gen_ai.response.finish_reasons': [answer.stopReason],
        'gen_ai.usage.input_tokens': answer.usage.input_tokens,
        'gen_ai.usage.output_tokens': answer.usage.output_tokens,
      })
      recordModelCall(resolved.entry.id, answer.usage)
      return answer
    } catch (error) {
      if (call.signal?.aborted) throw error
      const failure = classifyFailure(error)
      recordModelCall(resolved.entry.id, { errorCode: failure.code, milliseconds: scope.clock.now() - started })
      throw failure
    }
  })
}

/** A model that hangs may also ignore its signal, so the wait ends here whatever it does. */
async function withTimeout(scope: Uses<never>, call: ModelCall): Promise<LanguageModelV4GenerateResult> {
  const controller = new AbortController()
  let stop: (reason: unknown) => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => {
      reject(reason)
      controller.abort(reason)
    }
  })
  stopped.catch(() => {})
  const onAbort = (): void => stop(call.signal?.reason)
  call.signal?.throwIfAborted()
  call.signal?.addEventListener('abort', onAbort, { once: true })
  const timer = scope.clock.setTimer(call.timeout, () =>
    stop(new ModelFailure('transient', 'model_timeout', 'The model did not answer in time.')),
  )
  try {
    const options: LanguageModelV4CallOptions = {
      prompt: call.prompt,
      maxOutputTokens: call.maxTokens,
      abortSignal: controller.signal,
      headers: { 'idempotency-key': call.idempotencyKey },
      ...(call.responseFormat ? { responseFormat: call.responseFormat } : {}),
    }
    return await Promise.race([call.resolved.model.doGenerate(options), stopped])
  } finally {
    timer.cancel()
    call.signal?.removeEventListener('abort', onAbort)
  }
}

function answerOf(result: LanguageModelV4GenerateResult, resolved: ResolvedModel, latency: number): ModelAnswer {
  const content: unknown = result?.content
  if (!Array.isArray(content))
    throw new ModelFailure('transient', 'model_answer_malformed', 'The model answered in a form that makes no sense.')
  let text = ''
  for (const part of content as LanguageModelV4GenerateResult['content'])
    if (part?.type === 'text' && typeof part.text === 'string') text += part.text
  const unified = result.finishReason?.unified
  if (unified === 'error' || unified === 'interrupted') {
    throw new ModelFailure('transient', 'model_answer_cut', 'The answer broke off.')
  }
  if (unified === 'content-filter' && text === '')
    throw new ModelFailure('content', 'model_content_refused', 'The provider refused the content.')
  if (text === '') throw new ModelFailure('transient', 'model_answer_empty', 'The model gave an empty answer.')
  const tokens = { input: tokensOf(result.usage?.inputTokens?.total), output: tokensOf(result.usage?.outputTokens?.total) }
  return {
    text,
    stopReason: stopReasonOf(unified),
    modelId: resolved.servedBy,
    usage: {
      input_tokens: tokens.input,
      output_tokens: tokens.output,
      usd: priceOf(resolved.entry.price, tokens),
      latency_ms: latency,
    },
  }
}

function tokensOf(total: number | undefined): number {
  return typeof total === 'number' && Number.isFinite(total) && total > 0 ? Math.floor(total) : 0
}

function stopReasonOf(unified: LanguageModelV4FinishReason['unified'] | undefined): StopReason {
  if (unified === 'stop') return 'end_turn'
  if (unified === 'length') return 'max_tokens'
  if (unified === 'content-filter') return 'content_filtered'
  return unified === 'tool-calls' ? 'tool_use' : 'other'
}
