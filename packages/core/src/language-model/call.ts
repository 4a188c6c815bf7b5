import type { LanguageModelV4CallOptions, LanguageModelV4FinishReason, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import type { Uses } from '../scope/scope.ts'
import { inSpan, recordModelCall, spanNames } from '../telemetry.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import { boundedCall } from './bounded-call.ts'
import { priceOf, type ResolvedModel, type Usage } from './catalogue.ts'
import { classifyFailure, ModelFailure } from './failure.ts'
import { filterAnswer, filteredShow } from './filtered-answer.ts'
import { gatherStream } from './stream.ts'

/** Why the model stopped, in the words of Bedrock's Converse API. */
export type StopReason = 'end_turn' | 'max_tokens' | 'content_filtered' | 'tool_use' | 'other'

export interface ModelAnswer {
  readonly text: string
  readonly stopReason: StopReason
  /** What answered. */
  readonly modelId: string
  readonly usage: Usage
  /** What the tenant's output filters found; the text is what they left of it. */
  readonly findings: readonly DirectedFinding[]
}

export interface ModelCall {
  readonly resolved: ResolvedModel
  readonly prompt: LanguageModelV4CallOptions['prompt']
  readonly maxTokens: number
  /** The work that it is for; the provider's logs name it. */
  readonly requestId: string
  /** The same for every repetition of the same call, so that a provider that knows it answers once. */
  readonly idempotencyKey: string
  /** How long to wait for the whole answer, milliseconds; up to a tick more. */
  readonly timeout: number
  readonly signal?: AbortSignal
  /** Is told of the text so far, of a model that answers bit by bit. */
  readonly onText?: (text: string) => void
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
      const result = await boundedCall(scope.clock, call, (signal) => ask(scope, call, signal))
      const answer = await filtered(scope, answerOf(result, resolved, scope.clock.now() - started))
      span.setAttributes({
        'gen_ai.response.model': answer.modelId,
        'gen_ai.response.finish_reasons': [answer.stopReason],
        'gen_ai.usage.input_tokens': answer.usage.input_tokens,
        'gen_ai.usage.output_tokens': answer.usage.output_tokens,
      })
      recordModelCall(scope.caller, resolved.entry.id, answer.usage)
      return answer
    } catch (error) {
      if (call.signal?.aborted) throw error
      const failure = classifyFailure(error, resolved)
      recordModelCall(scope.caller, resolved.entry.id, { errorCode: failure.code, milliseconds: scope.clock.now() - started })
      throw failure
    }
  })
}

/**
 * Whose call it is, for the logs and the bill of Bedrock (R101): the Converse API's own field for it, and never Claude's `metadata`,
 * which takes a user's id and nothing else (X63). Other providers pass it over.
 */
export function attributionOf({ caller, tenant }: Uses<never>, requestId: string): Record<string, string> {
  return { tenant_id: caller.tenant, isolation_level: tenant.isolation_level, request_id: requestId }
}

type Result = Pick<LanguageModelV4GenerateResult, 'content' | 'finishReason' | 'usage'>

async function ask(scope: Uses<never>, call: ModelCall, abortSignal: AbortSignal): Promise<Result> {
  const { resolved } = call
  const onText = call.onText && filteredShow(scope.tenant, call.onText)
  const options: LanguageModelV4CallOptions = {
    prompt: call.prompt,
    maxOutputTokens: call.maxTokens,
    abortSignal,
    headers: { 'idempotency-key': call.idempotencyKey },
    providerOptions: { bedrock: { requestMetadata: attributionOf(scope, call.requestId) } },
    ...(call.responseFormat ? { responseFormat: call.responseFormat } : {}),
  }
  return resolved.incremental && onText ? gatherStream(resolved, options, onText) : resolved.model.doGenerate(options)
}

/** In the one place that every answer comes through, so that no pattern can forget it. */
async function filtered(scope: Uses<never>, answer: Unfiltered): Promise<ModelAnswer> {
  const { text, blocked, findings } = await filterAnswer(scope, answer.text)
  return { ...answer, text, findings, ...(blocked ? { stopReason: 'content_filtered' } : {}) }
}

type Unfiltered = Omit<ModelAnswer, 'findings'>

function answerOf(result: Result, resolved: ResolvedModel, latency: number): Unfiltered {
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
  const { inputTokens, outputTokens } = result.usage ?? {}
  const tokens = {
    input: tokensOf(inputTokens?.total),
    output: tokensOf(outputTokens?.total),
    cacheRead: tokensOf(inputTokens?.cacheRead),
    cacheWrite: tokensOf(inputTokens?.cacheWrite),
  }
  return {
    // Half a character is no text that JSON can hold.
    text: text.toWellFormed(),
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

/** Above any model's: what a provider says beyond it is no count, and would close a limited model or spend a budget for nothing. */
const mostTokens = 100_000_000

export function tokensOf(total: number | undefined): number {
  return typeof total === 'number' && total > 0 && total <= mostTokens ? Math.floor(total) : 0
}

function stopReasonOf(unified: LanguageModelV4FinishReason['unified'] | undefined): StopReason {
  if (unified === 'stop') return 'end_turn'
  if (unified === 'length') return 'max_tokens'
  if (unified === 'content-filter') return 'content_filtered'
  return unified === 'tool-calls' ? 'tool_use' : 'other'
}
