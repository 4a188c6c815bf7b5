/** What content blocks of Converse hold, in the one form. @module */
import type { JSONValue, LanguageModelV4TextPart, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import * as content from '../content.ts'
import { wrong } from '../form.ts'
import { toolOutput } from '../tools.ts'
import type { DocumentBlock, ImageBlock, ToolResultBlock } from './converse-body.ts'

export function imageFile({ format, source }: ImageBlock, at: string): content.ImageFile {
  refuseBucket(source, at)
  if (!source.bytes) throw wrong(`${at}.source.bytes`, 'Must be given.')
  return content.imageData(`image/${format}`, source.bytes)
}

/** Documents that are text as they stand. The others would have to be read by a model that can, and most can't. */
const plainFormats: ReadonlySet<string> = new Set(['txt', 'md', 'csv', 'html'])

export function documentText({ format, name, context, citations, source }: DocumentBlock, at: string): LanguageModelV4TextPart {
  refuseBucket(source, at)
  if (citations?.enabled) throw wrong(`${at}.citations`, 'Citations are not supported.')
  if (format && !plainFormats.has(format)) throw wrong(`${at}.format`, `Must be one of ${[...plainFormats].join(', ')}.`)
  const text =
    source.text ??
    source.content?.map((part) => part.text).join('\n') ??
    (source.bytes ? decodedText(source.bytes, `${at}.source.bytes`) : undefined)
  if (text === undefined) throw wrong(`${at}.source`, 'Must hold bytes, text or content.')
  return content.documentText({ name, context, text })
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The text that base64 stands for. @throws InvalidInputError when it is no UTF-8. */
export function decodedText(base64: string, field: string): string {
  try {
    return decoder.decode(Buffer.from(base64, 'base64'))
  } catch {
    throw wrong(field, 'Must be UTF-8.')
  }
}

export function resultOutput({ status, content }: ToolResultBlock, at: string): LanguageModelV4ToolResultOutput {
  const failed = status === 'error'
  const [first] = content
  if (content.length === 1 && first && first.json !== undefined && first.json !== null)
    return { type: failed ? 'error-json' : 'json', value: first.json as JSONValue }
  const parts = content.map((part, index) => resultPart(part, `${at}.content.${index}`))
  return toolOutput(parts, failed)
}

function resultPart(part: ToolResultBlock['content'][number], at: string): LanguageModelV4TextPart | content.ImageFile {
  if (typeof part.text === 'string') return { type: 'text', text: part.text }
  if (part.image) return imageFile(part.image, `${at}.image`)
  if (part.document) return documentText(part.document, `${at}.document`)
  if (part.json !== undefined && part.json !== null) return { type: 'text', text: JSON.stringify(part.json) }
  if (part.video) throw wrong(`${at}.video`, 'Video is not supported.')
  if (part.searchResult) throw wrong(`${at}.searchResult`, 'Search results are not supported.')
  throw wrong(at, 'Must hold text, json, image or document.')
}

/** It would be read with the rights of this server, whoever asks. */
function refuseBucket({ s3Location }: { s3Location?: unknown }, at: string): void {
  if (s3Location) throw wrong(`${at}.source.s3Location`, 'Locations in S3 are not supported: send the bytes.')
}
