import type { ChatContent } from './chat.ts'

/** What a model wrote in words, in one piece. */
export function textOfAnswer(content: readonly ChatContent[]): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
}
