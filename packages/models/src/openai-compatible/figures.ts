/** What an answer says about itself: tokens, reasons to stop, names. @module */
import type {
  LanguageModelV4FinishReason,
  LanguageModelV4ResponseMetadata,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { type Fields, fieldsOf, optionalFields, optionalNumber, optionalText } from './fields.ts'

/** Counts that aren't told are left out, so that whoever needs them can estimate. */
export function usageOf(usage: Fields | undefined): LanguageModelV4Usage {
  if (usage === undefined) return unknownUsage()
  const input = optionalNumber(usage.prompt_tokens)
  const output = optionalNumber(usage.completion_tokens)
  const cached = optionalNumber(optionalFields(usage.prompt_tokens_details, 'prompt_tokens_details')?.cached_tokens) ?? 0
  const thought = optionalNumber(completionDetails(usage)?.reasoning_tokens) ?? 0
  return {
    inputTokens: {
      total: input,
      noCache: input === undefined ? undefined : Math.max(0, input - cached),
      cacheRead: cached,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: output,
      text: output === undefined ? undefined : Math.max(0, output - thought),
      reasoning: thought,
    },
    raw: usage as NonNullable<LanguageModelV4Usage['raw']>,
  }
}

function unknownUsage(): LanguageModelV4Usage {
  return {
    inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined },
  }
}

/** How many tokens of a predicted output were used, where that is told. */
export function metadataOf(usage: Fields | undefined): SharedV4ProviderMetadata {
  const details = completionDetails(usage)
  const accepted = optionalNumber(details?.accepted_prediction_tokens)
  const rejected = optionalNumber(details?.rejected_prediction_tokens)
  return {
    openaiCompatible: {
      ...(accepted !== undefined && { acceptedPredictionTokens: accepted }),
      ...(rejected !== undefined && { rejectedPredictionTokens: rejected }),
    },
  }
}

function completionDetails(usage: Fields | undefined): Fields | undefined {
  return optionalFields(usage?.completion_tokens_details, 'completion_tokens_details')
}

/** @param refused whether the model refused in words; the protocol says `stop` then. */
export function finishReasonOf(raw: string | undefined, refused: boolean): LanguageModelV4FinishReason {
  if (raw === 'stop') return { unified: refused ? 'content-filter' : 'stop', raw }
  return { unified: (raw !== undefined && reasons.get(raw)) || 'other', raw }
}

const reasons: ReadonlyMap<string, LanguageModelV4FinishReason['unified']> = new Map([
  ['length', 'length'],
  ['content_filter', 'content-filter'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
])

export function responseOf(answer: Fields): LanguageModelV4ResponseMetadata {
  const id = optionalText(answer.id, 'id')
  const modelId = optionalText(answer.model, 'model')
  const created = optionalNumber(answer.created)
  return {
    ...(id !== undefined && { id }),
    ...(modelId !== undefined && { modelId }),
    // Some servers send zero for a time that they don't know.
    ...(created && { timestamp: new Date(created * 1000) }),
  }
}

/** What Gemini needs back with the call. */
export function toolCallMetadata(call: Fields): SharedV4ProviderMetadata | undefined {
  const google = optionalFields(optionalFields(call.extra_content, 'extra_content')?.google, 'extra_content.google')
  const thoughtSignature = optionalText(google?.thought_signature, 'thought_signature')
  return thoughtSignature ? { openaiCompatible: { thoughtSignature } } : undefined
}

/** The one choice that we ask for. */
export function firstChoice(choices: readonly unknown[]): Fields | undefined {
  return choices.length === 0 ? undefined : fieldsOf(choices[0], 'The choice')
}
