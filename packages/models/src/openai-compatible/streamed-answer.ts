/** An answer that comes in pieces. @module */
import type { LanguageModelV4StreamPart, SharedV4Warning } from '@ai-sdk/provider'
import { providerFault } from '../provider-fault.ts'
import { type Fields, fieldsOf, malformed, optionalFields, optionalList, optionalText } from './fields.ts'
import { finishReasonOf, firstChoice, metadataOf, responseOf, usageOf } from './figures.ts'
import { ToolCallDeltas } from './tool-call-deltas.ts'
import { contentOf, reasoningOf, refusalOf } from './written.ts'

/** Where parts go, and which are wanted. */
export interface StreamedAnswerOptions {
  readonly emit: (part: LanguageModelV4StreamPart) => void
  readonly warnings: SharedV4Warning[]
  /** Whether each piece is wanted as it came, too. */
  readonly raw: boolean
}

const textId = 'txt-0'
const reasoningId = 'reasoning-0'

/** Makes the parts of a stream from the data of its events. What is wrong with them becomes an `error` part, and the end says `error`. */
export class StreamedAnswer {
  readonly #emit: (part: LanguageModelV4StreamPart) => void
  readonly #raw: boolean
  readonly #calls: ToolCallDeltas
  #open: 'text' | 'reasoning' | undefined
  #told = false
  #refused = false
  #failed = false
  #reason: string | undefined
  #usage: Fields | undefined

  constructor({ emit, warnings, raw }: StreamedAnswerOptions) {
    this.#emit = emit
    this.#raw = raw
    this.#calls = new ToolCallDeltas(emit)
    emit({ type: 'stream-start', warnings })
  }

  take(data: string): void {
    if (data === '[DONE]') return
    this.#try(() => this.#chunk(parsed(data)))
  }

  end(): void {
    this.#switch(undefined)
    this.#try(() => this.#calls.end())
    // Broken off: whoever has part of an answer must not take it for all.
    if (this.#reason === undefined && !this.#failed) this.#fail(malformed('The stream ended without a reason.'))
    const finishReason = this.#failed
      ? ({ unified: 'error', raw: undefined } as const)
      : finishReasonOf(this.#reason, this.#refused)
    const usage = this.#usage
    this.#emit({ type: 'finish', finishReason, usage: usageOf(usage), providerMetadata: metadataOf(usage) })
  }

  #try(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failed = true
    this.#emit({ type: 'error', error })
  }

  #chunk(rawValue: unknown): void {
    if (this.#raw) this.#emit({ type: 'raw', rawValue })
    const chunk = fieldsOf(rawValue, 'A piece of the stream')
    const { error } = chunk
    if (error !== undefined && error !== null) throw providerFault(typeof error === 'object' ? error : { message: error })
    this.#tellMetadata(chunk)
    const usage = optionalFields(chunk.usage, 'usage')
    // Looked through now, so that the end has nothing to complain about.
    if (usage) usageOf(usage)
    this.#usage = usage ?? this.#usage
    const choice = firstChoice(optionalList(chunk.choices, 'choices'))
    if (!choice) return
    this.#reason = optionalText(choice.finish_reason, 'finish_reason') ?? this.#reason
    const delta = optionalFields(choice.delta, 'delta')
    if (delta) this.#delta(delta)
  }

  /** Once. Some servers send a piece without any before it. */
  #tellMetadata(chunk: Fields): void {
    if (this.#told) return
    const metadata = responseOf(chunk)
    this.#told = Object.values(metadata).some(Boolean)
    if (this.#told) this.#emit({ type: 'response-metadata', ...metadata })
  }

  #delta(delta: Fields): void {
    const reasoning = reasoningOf(delta)
    if (reasoning) this.#write('reasoning', reasoning)
    for (const { type, text } of contentOf(delta.content)) this.#write(type, text)
    const refusal = refusalOf(delta)
    if (refusal !== '') {
      this.#refused = true
      this.#write('text', refusal)
    }
    const calls = optionalList(delta.tool_calls, 'tool_calls')
    if (calls.length > 0 && this.#open === 'reasoning') this.#switch(undefined)
    for (const call of calls) this.#calls.take(fieldsOf(call, 'tool_call'))
  }

  #write(kind: 'text' | 'reasoning', delta: string): void {
    if (this.#open !== kind) this.#switch(kind)
    if (kind === 'text') this.#emit({ type: 'text-delta', id: textId, delta })
    else this.#emit({ type: 'reasoning-delta', id: reasoningId, delta })
  }

  #switch(to: 'text' | 'reasoning' | undefined): void {
    if (this.#open === 'text') this.#emit({ type: 'text-end', id: textId })
    if (this.#open === 'reasoning') this.#emit({ type: 'reasoning-end', id: reasoningId })
    this.#open = to
    if (to === 'text') this.#emit({ type: 'text-start', id: textId })
    if (to === 'reasoning') this.#emit({ type: 'reasoning-start', id: reasoningId })
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw malformed('A piece of the stream is no JSON.')
  }
}
