import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider'
import type { ChatContent } from '../../gateway/chat.ts'
import type { Passage } from '../../rag/passage.ts'
import type { ToolAnswer } from '../tools/tool.ts'

/** What was said since a conversation was last put down, as the journal keeps it. */
export interface ConversationPart {
  /** Under which its tools were called: it stays the same over tries, so that a call that is made again is known again. */
  readonly key: string
  /** Turns of the model, in all. */
  readonly turns: number
  /** Calls of tools, in all. */
  readonly calls: number
  readonly messages: LanguageModelV4Prompt
  readonly found: Found
  /** The model's last turn, where it calls tools that haven't run. */
  readonly open?: readonly ChatContent[] | undefined
}

/** What tools found in documents and elsewhere. */
export interface Found {
  readonly passages: readonly Passage[]
  /** Names of what else was read: addresses, sources of other steps. */
  readonly sources: readonly string[]
}

export type OpenCall = ChatContent & { readonly type: 'tool-call' }

/** What an agent and its model said so far, in the words of the AI SDK, which is what the model is asked with. */
export class Conversation {
  readonly key: string
  turns = 0
  calls = 0
  readonly #messages: LanguageModelV4Message[]
  readonly #found: { passages: Passage[]; sources: string[] }
  #open: readonly ChatContent[] | undefined
  /** What of it is put down. */
  #kept = { messages: 0, passages: 0, sources: 0 }

  /** @param prompt what it begins with. */
  constructor(key: string, prompt: LanguageModelV4Prompt, found: Found = { passages: [], sources: [] }) {
    this.key = key
    this.#messages = [...prompt]
    this.#found = { passages: [...found.passages], sources: [...found.sources] }
  }

  /** One that was put down, to go on with; undefined: there is none. */
  static of(parts: readonly ConversationPart[]): Conversation | undefined {
    const last = parts.at(-1)
    if (!last) return undefined
    const found = {
      passages: parts.flatMap(({ found: { passages } }) => passages),
      sources: parts.flatMap(({ found: { sources } }) => sources),
    }
    const messages = parts.flatMap((part) => part.messages)
    const conversation = new Conversation(last.key, messages, found)
    conversation.turns = last.turns
    conversation.calls = last.calls
    conversation.#open = last.open
    conversation.#kept = { messages: messages.length, passages: found.passages.length, sources: found.sources.length }
    return conversation
  }

  get prompt(): LanguageModelV4Prompt {
    return this.#messages
  }

  get found(): Found {
    return this.#found
  }

  /** The calls of the model's last turn that haven't run. */
  get open(): readonly OpenCall[] {
    return (this.#open ?? []).filter((part) => part.type === 'tool-call')
  }

  /** What the model said: its calls are open until {@link told} says what came of them. */
  heard(content: readonly ChatContent[]): void {
    this.turns++
    this.#open = content.some(({ type }) => type === 'tool-call') ? content : undefined
  }

  /** @param answers one for each open call, in their order. */
  told(answers: readonly ToolAnswer[]): void {
    const calls = this.open
    this.#messages.push(assistantTurn(this.#open ?? []), {
      role: 'tool',
      content: calls.map(({ toolCallId, toolName }, index) => {
        const { text = '', failed = false } = answers[index] ?? {}
        return { type: 'tool-result', toolCallId, toolName, output: { type: failed ? 'error-text' : 'text', value: text } }
      }),
    })
    for (const { passages = [], sources = [] } of answers) {
      this.#found.passages.push(...passages)
      this.#found.sources.push(...sources)
    }
    this.#open = undefined
  }

  /** Something that its model has to know besides. */
  say(text: string): void {
    this.#messages.push({ role: 'user', content: [{ type: 'text', text }] })
  }

  /** What isn't put down yet; it is taken to be, from here on. */
  part(): ConversationPart {
    const { passages, sources } = this.#found
    const { key, turns, calls } = this
    const part: ConversationPart = {
      ...{ key, turns, calls },
      messages: this.#messages.slice(this.#kept.messages),
      found: { passages: passages.slice(this.#kept.passages), sources: sources.slice(this.#kept.sources) },
      ...(this.#open ? { open: this.#open } : {}),
    }
    this.#kept = { messages: this.#messages.length, passages: passages.length, sources: sources.length }
    return part
  }

  /** Characters of it as it is put down. */
  get size(): number {
    return JSON.stringify([this.#messages, this.#open ?? [], this.#found.passages]).length
  }
}

/** What the model wrote, as it has to be sent back to it. Its reasoning is left out: not every provider takes it. */
function assistantTurn(content: readonly ChatContent[]): LanguageModelV4Message {
  return {
    role: 'assistant',
    content: content.flatMap((part): (LanguageModelV4TextPart | LanguageModelV4ToolCallPart)[] => {
      if (part.type === 'text') return [{ type: 'text', text: part.text }]
      if (part.type === 'reasoning') return []
      const { toolCallId, toolName, input } = part
      return [{ type: 'tool-call', toolCallId, toolName, input: jsonOf(input) }]
    }),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
