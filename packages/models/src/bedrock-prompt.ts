/** Prompts as Bedrock takes them. @module */
import type { LanguageModelV4FilePart, LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { InvalidInputError } from '@plinth/core'

/**
 * Bedrock knows texts of the system only before all else, and its package fails on others. Moved there, in their order, they keep
 * their authority, and a later one still goes before an earlier one; as a text of the user they would be something that any user can
 * say. What is lost is their place, and it is the next answer that they are for.
 *
 * A message of the assistant that says nothing is left out: the package would leave a gap between two messages of the user.
 * @throws InvalidInputError for content that Bedrock doesn't take.
 */
export function bedrockPrompt(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
  const system = prompt.filter(({ role }) => role === 'system')
  const said = prompt.filter((message) => message.role !== 'system' && saysSomething(message))
  if (said[0]?.role !== 'user') throw refused('A conversation with this model begins with a message of the user.')
  for (const message of said) for (const file of filesOf(message)) checkFile(file)
  return [...system, ...said]
}

function saysSomething({ role, content }: LanguageModelV4Message): boolean {
  if (role !== 'assistant') return true
  return content.some((part) => {
    if (part.type === 'text') return part.text.trim() !== ''
    // Only what its provider signed, or hid, is sent back.
    return part.type !== 'reasoning' || part.providerOptions !== undefined
  })
}

type File = Pick<LanguageModelV4FilePart, 'mediaType' | 'data'>

function* filesOf({ content }: LanguageModelV4Message): Generator<File> {
  if (typeof content === 'string') return
  for (const part of content) {
    if (part.type === 'file') yield part
    if (part.type === 'tool-result' && part.output.type === 'content')
      for (const item of part.output.value) if (item.type === 'file') yield item
  }
}

const imageTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

function checkFile({ mediaType, data }: File): void {
  // Those in S3 it would take; but they would be read with the rights of this server, whoever asks.
  if (data.type !== 'data' && data.type !== 'text')
    throw refused('This model takes images and files by their bytes, not by a URL.')
  // A type that isn't whole is found in the bytes.
  if (/^image\/[^*]/.test(mediaType) && !imageTypes.has(mediaType))
    throw refused('This model takes images as PNG, JPEG, GIF and WebP.')
}

/** The code of what a provider refuses, so that it is told as an error of the request wherever it arrives. */
function refused(message: string): InvalidInputError {
  return new InvalidInputError(message, { code: 'model_request_refused', field: 'messages' })
}
