/** What content blocks of Converse hold, in the one form. @module */
import type {
  JSONValue,
  LanguageModelV4FilePart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider'
import { base64Text, decodedText, wrong } from './checked.ts'
import type { DocumentBlock, ImageBlock, ToolResultBlock } from './converse-body.ts'

type ResultContent = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>['value'][number]

export function imageFile(
  { format, source }: ImageBlock,
  at: string,
): Pick<LanguageModelV4FilePart, 'type' | 'mediaType' | 'data'> {
  refuseBucket(source, at)
  if (!source.bytes) throw wrong(`${at}.source.bytes`, 'must be given')
  const data = base64Text(source.bytes, `${at}.source.bytes`)
  return { type: 'file', mediaType: `image/${format}`, data: { type: 'data', data } }
}

/** Documents that are text as they stand. The others would have to be read by a model that can, and most can't. */
const plainFormats: ReadonlySet<string> = new Set(['txt', 'md', 'csv', 'html'])

/** A document's text under its name, by which the conversation speaks of it. */
export function documentText({ format, name, context, citations, source }: DocumentBlock, at: string): LanguageModelV4TextPart {
  refuseBucket(source, at)
  if (citations?.enabled) throw wrong(`${at}.citations`, 'Citations are not supported')
  if (format && !plainFormats.has(format)) throw wrong(`${at}.format`, `must be one of ${[...plainFormats].join(', ')}`)
  const text =
    source.text ??
    source.content?.map((part) => part.text).join('\n') ??
    (source.bytes ? decodedText(source.bytes, `${at}.source.bytes`) : undefined)
  if (text === undefined) throw wrong(`${at}.source`, 'must hold bytes, text or content')
  const lines = [`<document name=${JSON.stringify(name)}>`, ...(context ? [context] : []), text, '</document>']
  return { type: 'text', text: lines.join('\n') }
}

export function toolOutput({ status, content }: ToolResultBlock, at: string): LanguageModelV4ToolResultOutput {
  const failed = status === 'error'
  const [first] = content
  if (content.length === 1 && first && first.json !== undefined && first.json !== null)
    return { type: failed ? 'error-json' : 'json', value: first.json as JSONValue }
  const parts = content.map((part, index) => resultContent(part, `${at}.content.${index}`))
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  if (failed) {
    if (texts.length === parts.length) return { type: 'error-text', value: texts.join('\n') }
    // The one form has no error with images in it, so words have to say it.
    return { type: 'content', value: [{ type: 'text', text: 'The tool failed.' }, ...parts] }
  }
  return parts.length < 2 && texts.length === parts.length
    ? { type: 'text', value: texts.join('') }
    : { type: 'content', value: parts }
}

function resultContent(part: ToolResultBlock['content'][number], at: string): ResultContent {
  if (typeof part.text === 'string') return { type: 'text', text: part.text }
  if (part.image) return imageFile(part.image, `${at}.image`)
  if (part.document) return documentText(part.document, `${at}.document`)
  if (part.json !== undefined && part.json !== null) return { type: 'text', text: JSON.stringify(part.json) }
  if (part.video) throw wrong(`${at}.video`, 'Video is not supported')
  if (part.searchResult) throw wrong(`${at}.searchResult`, 'Search results are not supported')
  throw wrong(at, 'must hold text, json, image or document')
}

/** It would be read with the rights of this server, whoever asks. */
function refuseBucket({ s3Location }: { s3Location?: unknown }, at: string): void {
  if (s3Location) throw wrong(`${at}.source.s3Location`, 'Locations in S3 are not supported: send the bytes')
}
