import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { ChatPart } from './chat.ts'
import { redactedOf, saidOf } from './provider-words.ts'

interface Content {
  readonly kind: 'text' | 'reasoning' | 'redacted' | 'tool-input'
  readonly id: string
  readonly toolName: string
  /** All that came of it. Only ever added to, until it is compared: looking into it costs its whole length. */
  received: string
  /** What was not given out yet. */
  pending: string
  signature: string | undefined
  begun: boolean
  ended: boolean
}

/** What a tool without arguments is called with. */
export const noArguments = '{}'

/**
 * Brings a provider's stream into order: each content has a start and an end, one is over before the next begins (what comes of the
 * next meanwhile is held back), and a tool's arguments are there as deltas, also where the provider gives them whole. What clients
 * have no use for is left out, and so are contents without any text, but for reasoning that has a signature. Reasoning that its provider
 * hides is a content of its own, given out when it is whole.
 */
export class ChatParts {
  /** In order; the first one is on its way out. */
  readonly #contents: Content[] = []
  /** By their ids, so that a call told in deltas and whole is one. */
  readonly #tools = new Map<string, Content>()
  /** All that was said so far, given out or not, in no order. */
  text = ''

  take(part: LanguageModelV4StreamPart | undefined): ChatPart[] {
    if (part?.type === 'text-delta') this.#add('text', part.id, part.delta)
    else if (part?.type === 'text-end') end(this.#find('text', part.id))
    else if (part?.type === 'reasoning-start') this.#reason(part.id, '', part.providerMetadata)
    else if (part?.type === 'reasoning-delta') this.#reason(part.id, part.delta, part.providerMetadata)
    else if (part?.type === 'reasoning-end') {
      this.#reason(part.id, '', part.providerMetadata)
      end(this.#find('reasoning', part.id))
      end(this.#find('redacted', part.id))
    } else if (part?.type === 'tool-input-start' && !part.providerExecuted) this.#tool(part.id, part.toolName)
    else if (part?.type === 'tool-input-delta') this.#argue(part.id, part.delta)
    else if (part?.type === 'tool-input-end') {
      const tool = this.#tools.get(part.id)
      // Of one without deltas the arguments may come whole.
      if (tool?.received) end(tool)
    } else if (part?.type === 'tool-call' && !part.providerExecuted) this.#call(part.toolCallId, part.toolName, part.input)
    return this.#drain()
  }

  /** The provider is done: whatever is open ends. */
  end(): ChatPart[] {
    for (const content of this.#contents) end(content)
    return this.#drain()
  }

  #add(kind: 'text' | 'reasoning', id: string, delta: string): Content | undefined {
    this.text += delta
    const content = this.#find(kind, id)
    if (!content && delta !== '') return this.#push(kind, id, { received: delta })
    if (content) append(content, delta)
    return content
  }

  #reason(id: string, delta: string, metadata: SharedV4ProviderMetadata | undefined): void {
    const redacted = redactedOf(metadata)
    if (redacted !== undefined) append(this.#find('redacted', id) ?? this.#push('redacted', id), redacted)
    const signature = saidOf(metadata, 'signature')
    const content = this.#add('reasoning', id, delta) ?? (signature && this.#push('reasoning', id))
    if (content && signature !== undefined) content.signature = signature
  }

  #tool(id: string, toolName: string): Content {
    const tool = this.#tools.get(id) ?? this.#push('tool-input', id, { toolName })
    this.#tools.set(id, tool)
    return tool
  }

  #argue(id: string, delta: string): void {
    const tool = this.#tools.get(id)
    if (!tool || tool.ended) return
    this.text += delta
    append(tool, delta)
  }

  #call(id: string, toolName: string, input: string): void {
    const tool = this.#tool(id, toolName)
    // What came in deltas may be its beginning.
    if (!tool.ended && input.startsWith(tool.received)) this.#argue(id, input.slice(tool.received.length))
    end(tool)
  }

  #push(kind: Content['kind'], id: string, { received = '', toolName = '' } = {}): Content {
    const content = { kind, id, toolName, received, pending: received, signature: undefined, begun: false, ended: false }
    this.#contents.push(content)
    return content
  }

  /** Ids may come again when what had them is over. */
  #find(kind: Content['kind'], id: string): Content | undefined {
    return this.#contents.find((content) => content.kind === kind && content.id === id && !content.ended)
  }

  #drain(): ChatPart[] {
    const parts: ChatPart[] = []
    for (let content = this.#contents[0]; content; content = this.#contents[0]) {
      const { kind, id, toolName, pending } = content
      if (kind === 'redacted') {
        if (!content.ended) break
        parts.push({ type: 'reasoning-start', id, redacted: content.received }, { type: 'reasoning-end', id })
        this.#contents.shift()
        continue
      }
      if (!content.begun)
        parts.push(kind === 'tool-input' ? { type: 'tool-input-start', id, toolName } : { type: `${kind}-start`, id })
      if (pending !== '') parts.push({ type: `${kind}-delta`, id, delta: pending })
      content.begun = true
      content.pending = ''
      if (!content.ended) break
      const { signature } = content
      if (kind === 'reasoning') parts.push({ type: 'reasoning-end', id, ...(signature === undefined ? {} : { signature }) })
      else parts.push({ type: `${kind}-end`, id })
      this.#contents.shift()
    }
    return parts
  }
}

function append(content: Content, delta: string): void {
  content.received += delta
  content.pending += delta
}

function end(content: Content | undefined): void {
  if (!content) return
  if (content.kind === 'tool-input' && content.received === '') append(content, noArguments)
  content.ended = true
}
