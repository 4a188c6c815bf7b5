/** What a family's form of invoking is made of. @module */
import type { ChatAnswer, ChatFinish, ChatHead, ChatPart, ChatRequest } from '@plinth/core'

/** A body that was understood, and how answers to it look. */
export interface InvokeForm {
  readonly request: ChatRequest
  /** The body of the whole answer, JSON text. */
  answer(answer: ChatAnswer): string
  chunks(head: ChatHead): ChunkWriter
}

/** Chunks of a streamed answer: objects, as JSON text. */
export interface ChunkWriter {
  start(): readonly string[]
  part(part: ChatPart): readonly string[]
}

/** A form of which answers are one text. */
export interface TextForm {
  readonly request: ChatRequest
  whole(text: string, answer: ChatAnswer): object
  /** Before all text. */
  begin?(head: ChatHead): object
  delta(text: string): object
  /** @param text all of it. */
  end(finish: ChatFinish, text: string): object
}

/** Reasoning has no place in these forms and is left out; calls of tools don't come, since none are offered. */
export function textForm({ request, whole, begin, delta, end }: TextForm): InvokeForm {
  return {
    request,
    answer: (answer) => JSON.stringify(whole(textOf(answer), answer)),
    chunks(head) {
      let text = ''
      return {
        start: () => (begin ? [JSON.stringify(begin(head))] : []),
        part(part) {
          if (part.type === 'finish') return [JSON.stringify(end(part.finish, text))]
          if (part.type !== 'text-delta' || part.delta === '') return []
          text += part.delta
          return [JSON.stringify(delta(part.delta))]
        },
      }
    },
  }
}

function textOf({ content }: ChatAnswer): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
