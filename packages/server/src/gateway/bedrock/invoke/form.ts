/** What a family's form of invoking is made of. @module */
import type { ChatAnswer, ChatFinish, ChatHead, ChatRequest } from '@plinth/core'
import { z } from 'zod'
import type { FieldOf } from '../../client-fields.ts'
import type { EventWriter } from '../../protocol.ts'

/** A body that was understood, and how answers to it look. */
export interface InvokeForm {
  readonly request: ChatRequest
  readonly fieldOf: FieldOf
  answer(answer: ChatAnswer): object
  /** Of a streamed answer. */
  chunks(head: ChatHead): EventWriter<object>
}

/** A text that says something. */
export const filledText: z.ZodType<string> = z.string().refine((text) => text.trim() !== '', 'Must not be empty.')

/** A form of which answers are one text. */
export interface TextForm {
  readonly request: ChatRequest
  readonly fieldOf: FieldOf
  whole(text: string, answer: ChatAnswer): object
  /** Before all text. */
  begin?(head: ChatHead): object
  delta(text: string): object
  /** @param text all of it. */
  end(finish: ChatFinish, text: string): object
}

/** Reasoning has no place in these forms and is left out; calls of tools don't come, since none are offered. */
export function textForm({ request, fieldOf, whole, begin, delta, end }: TextForm): InvokeForm {
  return {
    request,
    fieldOf,
    answer: (answer) => whole(textOf(answer), answer),
    chunks(head) {
      let text = ''
      return {
        start: () => (begin ? [begin(head)] : []),
        part(part) {
          if (part.type === 'finish') return [end(part.finish, text)]
          if (part.type !== 'text-delta' || part.delta === '') return []
          text += part.delta
          return [delta(part.delta)]
        },
      }
    },
  }
}

function textOf({ content }: ChatAnswer): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
