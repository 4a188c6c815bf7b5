/**
 * A conversation with a model in the one form that every protocol of the gateway is translated to and from: the words of the
 * AI SDK's `LanguageModelV4`, which is the port.
 * @module
 */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4FunctionTool,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

/** What a client asks. Nothing in it says where it is answered. */
export interface ChatRequest
  extends Pick<
    LanguageModelV4CallOptions,
    | 'prompt'
    | 'maxOutputTokens'
    | 'temperature'
    | 'topP'
    | 'topK'
    | 'stopSequences'
    | 'presencePenalty'
    | 'frequencyPenalty'
    | 'seed'
    | 'responseFormat'
    | 'toolChoice'
    | 'reasoning'
  > {
  /** As the client wrote it, decoded once. */
  readonly modelId: string
  readonly tools?: LanguageModelV4FunctionTool[]
}

/** What is known of an answer before its first word. */
export interface ChatHead {
  /** A UUID: the request's own. */
  readonly id: string
  /** As the client asked for it. */
  readonly modelId: string
  /** Milliseconds UTC. */
  readonly created: number
}

export type ChatContent =
  | { readonly type: 'text'; readonly text: string }
  /**
   * `signature` lets the provider recognise its own reasoning when it is sent back. `redacted` is reasoning that its provider alone can
   * read; there is no text then.
   */
  | { readonly type: 'reasoning'; readonly text: string; readonly signature?: string; readonly redacted?: string }
  /** @property input the arguments as JSON text. */
  | { readonly type: 'tool-call'; readonly toolCallId: string; readonly toolName: string; readonly input: string }

/** Tokens; those of the input contain those read from and written to the provider's prompt cache. */
export interface ChatUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  /** From the start of the call to its last byte, milliseconds. */
  readonly latencyMs: number
}

/** How an answer ended. */
export interface ChatFinish {
  readonly reason: Exclude<LanguageModelV4FinishReason['unified'], 'error' | 'interrupted'>
  /** Which of the stop sequences ended it. */
  readonly stopSequence?: string
  readonly usage: ChatUsage
}

/** A whole answer. */
export interface ChatAnswer extends ChatHead {
  readonly content: readonly ChatContent[]
  readonly finish: ChatFinish
}

type Part<T extends LanguageModelV4StreamPart['type']> = Extract<LanguageModelV4StreamPart, { type: T }>

/**
 * A piece of a streamed answer. Contents come one after the other, each between its start and its end; the arguments of a tool are
 * always there as deltas of JSON text; the last part is `finish`.
 */
export type ChatPart =
  | Pick<Part<'text-start'>, 'type' | 'id'>
  | Pick<Part<'text-delta'>, 'type' | 'id' | 'delta'>
  | Pick<Part<'text-end'>, 'type' | 'id'>
  /** With `redacted` nothing but its end comes. */
  | (Pick<Part<'reasoning-start'>, 'type' | 'id'> & { readonly redacted?: string })
  | Pick<Part<'reasoning-delta'>, 'type' | 'id' | 'delta'>
  | (Pick<Part<'reasoning-end'>, 'type' | 'id'> & { readonly signature?: string })
  | Pick<Part<'tool-input-start'>, 'type' | 'id' | 'toolName'>
  | Pick<Part<'tool-input-delta'>, 'type' | 'id' | 'delta'>
  | Pick<Part<'tool-input-end'>, 'type' | 'id'>
  | { readonly type: 'finish'; readonly finish: ChatFinish }
