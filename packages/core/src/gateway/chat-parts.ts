import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import type { ChatPart } from './chat.ts'
import { saidOf } from './provider-words.ts'

interface Content {
  readonly kind: 'text' | 'reasoning' | 'tool-input'
  readonly id: string
  readonly toolName: string
  /** Not given out yet. */
  pending: string
  signature: string | undefined
  begun: boolean
  ended: boolean
}

/**
 * Brings a provider's stream into order: each content has a start and an end, one is over before the next begins (what comes of the
 * next meanwhile is held back), and a tool's arguments are there as deltas, also where the provider gives them whole. What clients
 * have no use for is left out, and so are contents without any text.
 */
export class ChatParts {
  /** In order; the first one is on its way out. */
  readonly #contents: Content[] = []
  /** Tools that were called, so that a call told in deltas and whole is one. */
  readonly #called = new Set<string>()

  take(part: LanguageModelV4StreamPart | undefined): ChatPart[] {
    if (part?.type === 'text-delta') this.#add('text', part.id, part.delta)
    else if (part?.type === 'text-end') this.#end('text', part.id)
    else if (part?.type === 'reasoning-delta') this.#reason(part.id, part.delta, part.providerMetadata)
    else if (part?.type === 'reasoning-end') {
      this.#reason(part.id, '', part.providerMetadata)
      this.#end('reasoning', part.id)
    } else if (part?.type === 'tool-input-start' && !part.providerExecuted) this.#call(part.id, part.toolName)
    else if (part?.type === 'tool-input-delta') this.#find('tool-input', part.id, part.delta)
    else if (part?.type === 'tool-input-end') this.#end('tool-input', part.id)
    else if (part?.type === 'tool-call' && !part.providerExecuted && this.#call(part.toolCallId, part.toolName)) {
      this.#find('tool-input', part.toolCallId, part.input)
      this.#end('tool-input', part.toolCallId)
    }
    return this.#drain()
  }

  /** The provider is done: whatever is open ends. */
  end(): ChatPart[] {
    for (const content of this.#contents) content.ended = true
    return this.#drain()
  }

  #add(kind: 'text' | 'reasoning', id: string, delta: string): void {
    if (delta === '' || this.#find(kind, id, delta)) return
    this.#contents.push({ kind, id, toolName: '', pending: delta, signature: undefined, begun: false, ended: false })
  }

  #reason(id: string, delta: string, metadata: SharedV4ProviderMetadata | undefined): void {
    this.#add('reasoning', id, delta)
    const signature = saidOf(metadata, 'signature')
    const content = this.#find('reasoning', id, '')
    if (content && signature !== undefined) content.signature = signature
  }

  /** @returns whether it is a new one. */
  #call(id: string, toolName: string): boolean {
    if (this.#called.has(id)) return false
    this.#called.add(id)
    this.#contents.push({ kind: 'tool-input', id, toolName, pending: '', signature: undefined, begun: false, ended: false })
    return true
  }

  #find(kind: Content['kind'], id: string, delta: string): Content | undefined {
    const found = this.#contents.find((content) => content.kind === kind && content.id === id && !content.ended)
    if (found) found.pending += delta
    return found
  }

  #end(kind: Content['kind'], id: string): void {
    const found = this.#find(kind, id, '')
    if (found) found.ended = true
  }

  #drain(): ChatPart[] {
    const parts: ChatPart[] = []
    for (let content = this.#contents[0]; content; content = this.#contents[0]) {
      const { kind, id, toolName, pending } = content
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
