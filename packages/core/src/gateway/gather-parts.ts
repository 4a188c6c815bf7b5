import type { ModelChat } from './ask-model.ts'
import type { ChatContent, ChatPart } from './chat.ts'

/** The whole answer of a stream. @returns undefined when it has no end. */
export function gatherParts(parts: readonly ChatPart[]): ModelChat | undefined {
  const content: ChatContent[] = []
  let text = ''
  let toolName = ''
  let redacted: string | undefined
  for (const part of parts) {
    if (part.type === 'text-start' || part.type === 'reasoning-start' || part.type === 'tool-input-start') text = ''
    if (part.type === 'reasoning-start') redacted = part.redacted
    if (part.type === 'tool-input-start') toolName = part.toolName
    if ('delta' in part) text += part.delta
    if (part.type === 'text-end') content.push({ type: 'text', text })
    if (part.type === 'reasoning-end')
      content.push({
        type: 'reasoning',
        text,
        ...(part.signature === undefined ? {} : { signature: part.signature }),
        ...(redacted === undefined ? {} : { redacted }),
      })
    if (part.type === 'tool-input-end') content.push({ type: 'tool-call', toolCallId: part.id, toolName, input: text })
    if (part.type === 'finish') return { content, finish: part.finish }
  }
  return undefined
}

/** A whole answer as a stream. */
export async function* partsOf({ content, finish }: ModelChat): AsyncGenerator<ChatPart, void, undefined> {
  for (const [index, part] of content.entries()) {
    const id = part.type === 'tool-call' ? part.toolCallId : String(index)
    if (part.type === 'tool-call') {
      yield { type: 'tool-input-start', id, toolName: part.toolName }
      if (part.input !== '') yield { type: 'tool-input-delta', id, delta: part.input }
      yield { type: 'tool-input-end', id }
    } else if (part.type === 'text') {
      yield { type: 'text-start', id }
      if (part.text !== '') yield { type: 'text-delta', id, delta: part.text }
      yield { type: 'text-end', id }
    } else {
      const { signature, redacted } = part
      yield { type: 'reasoning-start', id, ...(redacted === undefined ? {} : { redacted }) }
      if (part.text !== '') yield { type: 'reasoning-delta', id, delta: part.text }
      yield { type: 'reasoning-end', id, ...(signature === undefined ? {} : { signature }) }
    }
  }
  yield { type: 'finish', finish }
}
