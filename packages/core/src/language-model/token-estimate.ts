/** How many tokens a prompt may come to, before its model has counted them. @module */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'

/** A message's own tokens: its role and its borders. */
const perMessage = 8
/** What a provider makes of an image at most, without being asked for more detail (Anthropic, "Vision": about 1,600). */
const perImage = 1_600

/**
 * Tokens of a text, rather too many than too few: a character of ASCII is a third of a token (English prose has four to five to a
 * token, program text and figures about three), any other one is a whole token, which is what Chinese and Japanese come to.
 */
export function estimateTextTokens(text: string): number {
  let others = 0
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) others++
  return Math.ceil((text.length - others) / 3) + others
}

/** The same for a prompt with all its parts. What only a provider can see, a file behind a URL or a reference, counts as an image. */
export function estimatePromptTokens(prompt: LanguageModelV4Prompt): number {
  let tokens = 0
  for (const { content } of prompt) {
    tokens += perMessage
    if (typeof content === 'string') tokens += estimateTextTokens(content)
    else for (const part of content) tokens += partTokens(part)
  }
  return tokens
}

type Part = Exclude<LanguageModelV4Prompt[number]['content'], string>[number]

function partTokens(part: Part): number {
  if (part.type === 'text' || part.type === 'reasoning') return estimateTextTokens(part.text)
  if (part.type === 'file' || part.type === 'reasoning-file') {
    const { data, mediaType } = part
    if (data.type === 'text') return estimateTextTokens(data.text)
    const image = data.type !== 'data' || mediaType.startsWith('image')
    return image ? perImage : Math.ceil(data.data.length / 3)
  }
  return estimateTextTokens(JSON.stringify(part))
}
