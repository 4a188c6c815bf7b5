/** Contents of messages in the one form, as all protocols make them of their own. @module */
import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ReasoningPart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'

export type ImageFile = Pick<LanguageModelV4FilePart, 'type' | 'mediaType' | 'data'>
export type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number]
export type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]

/** @param data base64. */
export function imageData(mediaType: string, data: string): ImageFile {
  return { type: 'file', mediaType, data: { type: 'data', data } }
}

/** Its type is known to whoever fetches it. */
export function imageAt(url: URL): ImageFile {
  return { type: 'file', mediaType: 'image/*', data: { type: 'url', url } }
}

export interface TextDocument {
  readonly name?: string | null | undefined
  readonly context?: string | null | undefined
  readonly text: string
}

/** A document that is text, under the name by which the conversation speaks of it. Every model reads it so. */
export function documentText({ name, context, text }: TextDocument): LanguageModelV4TextPart {
  const begin = name ? `<document name=${JSON.stringify(name)}>` : '<document>'
  return { type: 'text', text: [begin, ...(context ? [context] : []), text, '</document>'].join('\n') }
}

/** Reasoning that comes back. Each provider's package looks for the signature under its own name; it is the same model that reads it. */
export function reasoning(text: string, signature?: string | null): LanguageModelV4ReasoningPart {
  if (!signature) return { type: 'reasoning', text }
  return { type: 'reasoning', text, providerOptions: { amazonBedrock: { signature }, anthropic: { signature } } }
}

/** Reasoning that only its provider can read. The service model of Bedrock has one field for it; the packages have other names. */
export function hiddenReasoning(data: string): LanguageModelV4ReasoningPart {
  const providerOptions = { amazonBedrock: { redactedContent: data }, anthropic: { redactedData: data } }
  return { type: 'reasoning', text: '', providerOptions }
}

/**
 * The same content, up to which a client wants the prompt kept for the next one that begins like it. Bedrock's package looks for that
 * under this name; others pass it over. How long is Bedrock's usual, five minutes.
 */
export function keptUpTo<Given extends { readonly providerOptions?: SharedV4ProviderOptions }>(given: Given): Given {
  const amazonBedrock = { ...given.providerOptions?.amazonBedrock, cachePoint: { type: 'default' } }
  return { ...given, providerOptions: { ...given.providerOptions, amazonBedrock } }
}

/** What a user says and what tools gave back, in messages of their own: the one form has no other place for results. The order stays. */
export function userTurn(parts: readonly (UserPart | LanguageModelV4ToolResultPart)[]): LanguageModelV4Prompt {
  const turn: LanguageModelV4Prompt = []
  for (const part of parts) {
    const last = turn.at(-1)
    if (part.type === 'tool-result') {
      if (last?.role === 'tool') last.content.push(part)
      else turn.push({ role: 'tool', content: [part] })
    } else if (last?.role === 'user') last.content.push(part)
    else turn.push({ role: 'user', content: [part] })
  }
  return turn
}
