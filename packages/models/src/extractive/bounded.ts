/** Reading prompts whose documents stand between tags that the system message names, as Plinth's own do. @module */
import type { MessageText } from '../prompt-text.ts'
import type { Passage } from './sections.ts'

/** A prompt with bounded documents. */
export interface Bounded {
  readonly passages: readonly Passage[]
  /** The last user message without its documents. */
  readonly rest: string
}

const named = /<(document-[0-9a-f]{16}) number="…">/

/**
 * Takes the documents out of the last user message. Nothing within one is a label, a tag or a question, whatever it looks like: only the
 * tag that the system message names begins and ends documents, and they are known by their numbers, not by what they call themselves.
 * Undefined for any other prompt.
 */
export function readBounded(messages: readonly MessageText[]): Bounded | undefined {
  const system = messages.find(({ role }) => role === 'system')
  const tag = named.exec(system?.text ?? '')?.[1]
  const last = messages.findLast(({ role }) => role === 'user')
  if (tag === undefined || last === undefined) return undefined
  const passages: Passage[] = []
  let rest = ''
  let done = 0
  for (;;) {
    const start = last.text.indexOf(`<${tag} number="`, done)
    const end = start < 0 ? -1 : last.text.indexOf(`</${tag}>`, start)
    if (end < 0) break
    rest += last.text.slice(done, start)
    const passage = readDocument(last.text.slice(start + tag.length + 10, end))
    if (passage !== undefined) passages.push(passage)
    done = end + tag.length + 3
  }
  return { passages, rest: rest + last.text.slice(done) }
}

const document = /^(\d{1,3})">\nSource: ([^\n]*)\nContent: /

function readDocument(text: string): Passage | undefined {
  const match = document.exec(text)
  if (match === null) return undefined
  return { source: match[1], text: text.slice(match[0].length).trim() }
}
