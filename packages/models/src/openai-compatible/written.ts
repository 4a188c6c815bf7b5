/** What a model wrote: in a message, or in a piece of one. @module */
import type { LanguageModelV4Content } from '@ai-sdk/provider'
import { type Fields, fieldsOf, optionalList, optionalText } from './fields.ts'

type Written = Extract<LanguageModelV4Content, { type: 'text' | 'reasoning' }>

/** Texts, and the thoughts between them that Mistral's server sends. Parts of other kinds are left out. */
export function contentOf(content: unknown): readonly Written[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  const parts: Written[] = []
  for (const given of optionalList(content, 'content')) {
    const part = fieldsOf(given, 'A part of the content')
    const thinks = part.type === 'thinking' && Array.isArray(part.thinking)
    const text = thinks ? (part.thinking as readonly unknown[]).map(textIn).join('') : textIn(part)
    if (text !== '') parts.push({ type: thinks ? 'reasoning' : 'text', text })
  }
  return parts
}

function textIn(part: unknown): string {
  const { type, text } = (part ?? {}) as Fields
  return type === 'text' && typeof text === 'string' ? text : ''
}

/** Servers have two names for it. */
export function reasoningOf(message: Fields): string | undefined {
  return optionalText(message.reasoning_content, 'reasoning_content') ?? optionalText(message.reasoning, 'reasoning')
}

/** What a model says that refuses to answer. Some servers send `false`. */
export function refusalOf({ refusal }: Fields): string {
  return typeof refusal === 'string' ? refusal : ''
}
