/** What the models of this process share: limits on the text, usage, and the shapes of results and streams. @module */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  SharedV4ProviderMetadata,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { inProcessMaxOutput } from './catalogue.ts'
import { countTokens, cutToTokens } from './tokens.ts'

/** What a model wrote, before limits. */
export interface Completion {
  readonly modelId: string
  readonly text: string
  /** Tokens of the prompt. */
  readonly inputTokens: number
  /** What is said about the call under `providerMetadata.plinth`; `stop_sequence` is added when one ended the text. */
  readonly about: SharedV4ProviderMetadata[string]
  readonly warnings: SharedV4Warning[]
}

/** The result of a call: the text up to the first stop sequence, then up to the token limit. */
export function generateResult(completion: Completion, options: LanguageModelV4CallOptions): LanguageModelV4GenerateResult {
  const { modelId, inputTokens, about, warnings } = completion
  const [beforeStop, stop] = cutAtStop(completion.text, options.stopSequences ?? [])
  const text = cutToTokens(beforeStop, Math.min(options.maxOutputTokens ?? inProcessMaxOutput, inProcessMaxOutput))
  const cut = text.length < beforeStop.length
  const outputTokens = countTokens(text)
  return {
    content: [{ type: 'text', text }],
    finishReason: cut
      ? { unified: 'length', raw: 'max_tokens' }
      : { unified: 'stop', raw: stop === undefined ? 'end_turn' : 'stop_sequence' },
    usage: {
      inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
    },
    providerMetadata: { plinth: stop === undefined || cut ? about : { ...about, stop_sequence: stop } },
    response: { modelId },
    warnings,
  }
}

function cutAtStop(text: string, stops: readonly string[]): [text: string, stop: string | undefined] {
  let end = text.length
  let found: string | undefined
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop)
    if (at === -1 || at >= end) continue
    end = at
    found = stop
  }
  return [text.slice(0, end), found]
}

/**
 * The same result as a stream, a word at a time, as fast as it is read.
 * @param signal when it is aborted the stream fails with its reason.
 */
export function streamResult(
  result: LanguageModelV4GenerateResult,
  signal: AbortSignal | undefined,
): LanguageModelV4StreamResult {
  const parts = streamParts(result)
  return {
    stream: new ReadableStream<LanguageModelV4StreamPart>({
      pull(controller) {
        if (signal?.aborted) return controller.error(signal.reason)
        const next = parts.next()
        if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
    }),
  }
}

function* streamParts(result: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: result.warnings }
  yield { type: 'response-metadata', ...result.response }
  const id = '0'
  yield { type: 'text-start', id }
  for (const part of result.content) {
    if (part.type !== 'text') continue
    // Space belongs to the word after it, so that the deltas joined are the text.
    for (const [delta] of part.text.matchAll(/\s*\S+|\s+$/g)) yield { type: 'text-delta', id, delta }
  }
  yield { type: 'text-end', id }
  const { usage, finishReason, providerMetadata } = result
  yield { type: 'finish', usage, finishReason, ...(providerMetadata && { providerMetadata }) }
}
