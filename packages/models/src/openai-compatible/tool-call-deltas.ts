import type { LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import { type Fields, malformed, optionalFields, optionalNumber, optionalText } from './fields.ts'
import { toolCallMetadata } from './figures.ts'

/** More than any model makes at a time; each delta is compared with all of them. */
const mostCalls = 1_000

interface Delta {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string | undefined
  readonly input: string
  readonly metadata: SharedV4ProviderMetadata | undefined
}

interface Call {
  readonly id: string
  readonly name: string
  readonly metadata: SharedV4ProviderMetadata | undefined
  /** As the server calls it, now and then otherwise than before. */
  readonly ids: Set<string>
  readonly indexes: Set<number>
  input: string
}

/** For servers that give none. */
export function newToolCallId(): string {
  return `call_${crypto.randomUUID()}`
}

/**
 * Puts the calls of tools together that come in pieces. A piece belongs to a call by its index; some servers have none, give all
 * calls the same, or send calls whole, so ids, names and beginnings of arguments are looked at, too. A call is over when the answer
 * is: arguments that can be read may yet go on.
 */
export class ToolCallDeltas {
  readonly #emit: (part: LanguageModelV4StreamPart) => void
  readonly #calls: Call[] = []
  /** By index: what came before the name of its tool. */
  readonly #nameless = new Map<number, Delta>()

  constructor(emit: (part: LanguageModelV4StreamPart) => void) {
    this.#emit = emit
  }

  /** @throws InvalidResponseDataError for what isn't of the protocol's form, or can't be told whose it is. */
  take(fields: Fields): void {
    const delta = this.#withEarlier(deltaOf(fields))
    if (!delta) return
    const found = this.#find(delta)
    if (!found) throw malformed('It is not clear which call a piece belongs to.')
    const call = found === 'new' ? this.#begin(delta) : found
    if (delta.id !== undefined) call.ids.add(delta.id)
    if (delta.index !== undefined) call.indexes.add(delta.index)
    if (delta.input === '') return
    call.input += delta.input
    this.#emit({ type: 'tool-input-delta', id: call.id, delta: delta.input })
  }

  /** @throws InvalidResponseDataError when one has no name. */
  end(): void {
    if (this.#nameless.size > 0) throw malformed('A call has no name.')
    const first = ({ indexes: [index = 0] }: Call): number => index
    const ordered = this.#calls.every(({ indexes }) => indexes.size > 0)
    for (const call of ordered ? this.#calls.toSorted((a, b) => first(a) - first(b)) : this.#calls) {
      const { id, name, input, metadata } = call
      this.#emit({ type: 'tool-input-end', id })
      this.#emit({
        type: 'tool-call',
        toolCallId: id,
        toolName: name,
        input,
        ...(metadata && { providerMetadata: metadata }),
      })
    }
  }

  /** The piece with what came before its name; nothing while that isn't there. */
  #withEarlier(delta: Delta): Delta | undefined {
    const { index, id, name } = delta
    if (index === undefined || this.#calls.some(({ indexes }) => indexes.has(index))) return delta
    if (name === undefined && id !== undefined && this.#calls.some(({ ids }) => ids.has(id))) return delta
    const earlier = this.#nameless.get(index)
    const joined = earlier
      ? { ...delta, id: earlier.id ?? delta.id, input: earlier.input + delta.input, metadata: earlier.metadata ?? delta.metadata }
      : delta
    if (name === undefined) {
      if (!earlier && this.#nameless.size === mostCalls) throw malformed('There are too many calls.')
      this.#nameless.set(index, joined)
    } else this.#nameless.delete(index)
    return name === undefined ? undefined : joined
  }

  #find({ index, id, name, input }: Delta): Call | 'new' | undefined {
    const begins = name !== undefined && /^\s*[{[]/.test(input)
    const indexed = index === undefined ? [] : this.#calls.filter(({ indexes }) => indexes.has(index))
    const matching = named(indexed, name)
    if (id !== undefined) {
      const same = this.#calls.filter(({ ids }) => ids.has(id))
      // An id that is new says less than the place, but for the beginning of arguments.
      if (same.length === 0) return begins ? 'new' : pick(matching, false)
      if (index === undefined) return pick(named(same, name), begins)
      const found = pick(
        matching.filter((call) => same.includes(call)),
        begins,
      )
      if (found !== 'new' || name !== undefined) return found
      return indexed.length > 0 ? undefined : pick(same, false)
    }
    if (indexed.length > 0) return pick(matching, begins)
    return name === undefined ? pick(this.#calls, false) : 'new'
  }

  #begin({ id, name, metadata }: Delta): Call {
    if (name === undefined) throw malformed('A call has no name.')
    if (this.#calls.length === mostCalls) throw malformed('There are too many calls.')
    const taken = id === undefined || this.#calls.some((call) => call.id === id)
    const call: Call = { id: taken ? newToolCallId() : id, name, metadata, ids: new Set(), indexes: new Set(), input: '' }
    this.#calls.push(call)
    this.#emit({ type: 'tool-input-start', id: call.id, toolName: name })
    return call
  }
}

function deltaOf(fields: Fields): Delta {
  const given = optionalFields(fields.function, 'function')
  return {
    index: optionalNumber(fields.index),
    id: unlessBlank(optionalText(fields.id, 'id of a tool call')),
    name: unlessBlank(optionalText(given?.name, 'name of a tool')),
    input: optionalText(given?.arguments, 'arguments') ?? '',
    metadata: toolCallMetadata(fields),
  }
}

/** Some servers repeat what they have said with an empty text. */
function unlessBlank(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text
}

function named(calls: readonly Call[], name: string | undefined): readonly Call[] {
  return name === undefined ? calls : calls.filter((call) => call.name === name)
}

/** The one call that it can be; a new one when it can be none; nothing when that isn't clear. */
function pick(calls: readonly Call[], begins: boolean): Call | 'new' | undefined {
  const open = begins ? calls.filter(({ input }) => !isWhole(input)) : calls
  const [call = 'new'] = open
  return open.length > 1 ? undefined : call
}

/** Whether arguments that were begun are complete. */
function isWhole(input: string): boolean {
  try {
    return typeof JSON.parse(input) === 'object'
  } catch {
    return false
  }
}
