/** Answers as Converse gives them, whole and in events. @module */
import type { ChatAnswer, ChatContent, ChatFinish, ChatPart, ChatUsage } from '@plinth/core'
import { freshTokens } from '../fresh-tokens.ts'
import type { EventWriter } from '../protocol.ts'
import { toolInput } from '../tools.ts'

/** Gives what a client asked to see of the model's own answer, by JSON pointers. */
export type OwnFields = (finish: ChatFinish) => object | undefined

const none: OwnFields = () => undefined

/** Of all fields of models' answers, the stop sequence is known, under the two names that Anthropic's forms have for it. */
export function ownFields(paths: readonly string[] | null | undefined): OwnFields {
  const whole = paths?.includes('/stop_sequence')
  const streamed = paths?.includes('/delta/stop_sequence')
  if (!whole && !streamed) return none
  return ({ stopSequence }) => {
    const stop = { stop_sequence: stopSequence ?? null }
    return { ...(whole && stop), ...(streamed && { delta: stop }) }
  }
}

/** The body of an answer to Converse. */
export function converseBodyOf({ content, finish }: ChatAnswer, own: OwnFields): object {
  return {
    output: { message: messageOf(content) },
    stopReason: stopReasonOf(finish),
    usage: tokenUsage(finish.usage),
    metrics: metricsOf(finish.usage),
    additionalModelResponseFields: own(finish),
  }
}

export function messageOf(content: readonly ChatContent[]): object {
  return { role: 'assistant', content: content.map(blockOf) }
}

function blockOf(part: ChatContent): object {
  if (part.type === 'text') return { text: part.text }
  if (part.type === 'tool-call')
    return { toolUse: { toolUseId: part.toolCallId, name: part.toolName, input: toolInput(part.input) } }
  if (part.redacted !== undefined) return { reasoningContent: { redactedContent: part.redacted } }
  return { reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }
}

/** Bedrock's words. It has none for what ended for a reason of its own. */
export function stopReasonOf({ reason, stopSequence }: ChatFinish): string {
  if (reason === 'length') return 'max_tokens'
  if (reason === 'tool-calls') return 'tool_use'
  if (reason === 'content-filter') return 'content_filtered'
  return stopSequence === undefined ? 'end_turn' : 'stop_sequence'
}

/**
 * `inputTokens` leaves out what was read from and written to the cache, `totalTokens` has everything (Amazon Bedrock user guide,
 * prompt caching).
 */
function tokenUsage(usage: ChatUsage): object {
  return { ...tokenCounts(usage), cacheReadInputTokens: usage.cacheReadTokens, cacheWriteInputTokens: usage.cacheWriteTokens }
}

export function tokenCounts(usage: ChatUsage): object {
  const inputTokens = freshTokens(usage)
  const { outputTokens, cacheReadTokens, cacheWriteTokens } = usage
  return { inputTokens, outputTokens, totalTokens: inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens }
}

function metricsOf({ latencyMs }: ChatUsage): object {
  return { latencyMs: Math.round(latencyMs) }
}

/** @property type its name, such as `contentBlockDelta`. */
export interface ConverseEvent {
  readonly type: string
  readonly payload: object
}

const nothing: readonly ConverseEvent[] = []

/**
 * One streamed answer in events. As with Bedrock only the use of a tool has a start of its own, and a block that said nothing doesn't
 * appear.
 */
export class ConverseEvents implements EventWriter<ConverseEvent> {
  readonly #own: OwnFields
  #block = 0
  /** Whether the block has been seen by the client. */
  #begun = false

  constructor(own: OwnFields = none) {
    this.#own = own
  }

  start(): readonly ConverseEvent[] {
    return [{ type: 'messageStart', payload: { role: 'assistant' } }]
  }

  part(part: ChatPart): readonly ConverseEvent[] {
    switch (part.type) {
      case 'text-delta':
        return this.#delta(part.delta, { text: part.delta })
      case 'reasoning-start':
        return this.#delta(part.redacted ?? '', { reasoningContent: { redactedContent: part.redacted } })
      case 'reasoning-delta':
        return this.#delta(part.delta, { reasoningContent: { text: part.delta } })
      case 'tool-input-start':
        this.#begun = true
        return [this.#event('contentBlockStart', { start: { toolUse: { toolUseId: part.id, name: part.toolName } } })]
      case 'tool-input-delta':
        return this.#delta(part.delta, { toolUse: { input: part.delta } })
      case 'reasoning-end':
        return [...this.#delta(part.signature ?? '', { reasoningContent: { signature: part.signature } }), ...this.#stop()]
      case 'text-end':
      case 'tool-input-end':
        return this.#stop()
      case 'finish':
        return this.#finish(part.finish)
      default:
        return nothing
    }
  }

  #delta(text: string, delta: object): readonly ConverseEvent[] {
    if (text === '') return nothing
    this.#begun = true
    return [this.#event('contentBlockDelta', { delta })]
  }

  #stop(): readonly ConverseEvent[] {
    if (!this.#begun) return nothing
    this.#begun = false
    const event = this.#event('contentBlockStop', {})
    this.#block++
    return [event]
  }

  #finish(finish: ChatFinish): readonly ConverseEvent[] {
    return [
      { type: 'messageStop', payload: { stopReason: stopReasonOf(finish), additionalModelResponseFields: this.#own(finish) } },
      { type: 'metadata', payload: { usage: tokenUsage(finish.usage), metrics: metricsOf(finish.usage) } },
    ]
  }

  #event(type: string, payload: object): ConverseEvent {
    return { type, payload: { contentBlockIndex: this.#block, ...payload } }
  }
}
