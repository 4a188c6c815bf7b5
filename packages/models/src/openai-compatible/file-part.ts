/** Texts and files as the protocol's content parts. @module */
import {
  type LanguageModelV4FilePart,
  type LanguageModelV4TextPart,
  NoSuchProviderReferenceError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider'

type Part = LanguageModelV4TextPart | Pick<LanguageModelV4FilePart, 'type' | 'mediaType' | 'data' | 'filename'>
type FilePart = Extract<Part, { type: 'file' }>

/** @throws UnsupportedFunctionalityError for files that the protocol has no form for. */
export function contentPart(part: Part): object {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { data, mediaType } = part
  if (data.type === 'reference') {
    const file_id = data.reference.openaiCompatible
    if (file_id === undefined) throw new NoSuchProviderReferenceError({ provider: 'openaiCompatible', reference: data.reference })
    return { type: 'file', file: { file_id } }
  }
  const [kind] = mediaType.split('/')
  if (kind === 'text') return { type: 'text', text: textOf(data) }
  if (data.type === 'text') throw unsupported('text file parts')
  if (kind === 'image') return { type: 'image_url', image_url: { url: addressOf(part) } }
  if (kind === 'video') return { type: 'video_url', video_url: { url: addressOf(part) } }
  if (data.type === 'url') throw unsupported(`${mediaType} file parts with URLs`)
  const format = audioFormats.get(mediaType)
  if (format !== undefined) return { type: 'input_audio', input_audio: { data: base64(data.data), format } }
  if (mediaType !== 'application/pdf') throw unsupported(`file part media type ${mediaType}`)
  return { type: 'file', file: { filename: part.filename ?? 'document.pdf', file_data: addressOf(part) } }
}

const audioFormats: ReadonlyMap<string, string> = new Map([
  ['audio/wav', 'wav'],
  ['audio/mp3', 'mp3'],
  ['audio/mpeg', 'mp3'],
])

function unsupported(functionality: string): UnsupportedFunctionalityError {
  return new UnsupportedFunctionalityError({ functionality })
}

function textOf(data: Exclude<FilePart['data'], { type: 'reference' }>): string {
  if (data.type === 'text') return data.text
  if (data.type === 'url') return String(data.url)
  return (typeof data.data === 'string' ? Buffer.from(data.data, 'base64') : Buffer.from(data.data)).toString()
}

function base64(data: Uint8Array | string): string {
  return typeof data === 'string' ? data : bytesOf(data).toString('base64')
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Where a file is: its own address, or one that holds it. */
function addressOf({ data, mediaType }: FilePart): string {
  if (data.type === 'url') return String(data.url)
  if (data.type !== 'data') throw unsupported(`file part of ${data.type}`)
  const content = base64(data.data)
  return `data:${fullType(mediaType, content)};base64,${content}`
}

/** How files of these types begin, in base64. */
const beginnings: readonly (readonly [string, RegExp])[] = [
  ['image/png', /^iVBORw/],
  ['image/jpeg', /^\/9j\//],
  ['image/gif', /^R0lG/],
  ['image/webp', /^UklGR.{6}XRUJQ/],
]

function fullType(mediaType: string, content: string): string {
  const [kind, subtype] = mediaType.split('/')
  if (subtype && subtype !== '*') return mediaType
  const [found] = beginnings.find(([type, begins]) => type.startsWith(`${kind}/`) && begins.test(content)) ?? []
  if (found === undefined) throw unsupported(`file of media type "${mediaType}" without a subtype`)
  return found
}
