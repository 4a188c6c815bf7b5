/** Bytes as text. @module */
import { UnreadableDocumentError } from '@plinth/core/reading'
import { tooLarge } from './refusals.ts'

/** What a byte order mark says. */
const marks: readonly (readonly [encoding: string, bytes: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/**
 * The text as it was sent: a byte order mark stays in it as U+FEFF, so that it encodes to the same bytes again.
 * @throws UnreadableDocumentError `document_encoding_unknown`.
 */
export function decodeText(bytes: Uint8Array): string {
  return decodeAs(markOf(bytes) ?? 'utf-8', bytes)
}

/** The same for HTML, which says its encoding itself; without a word about it, what isn't UTF-8 is windows-1252, as browsers have it. */
export function decodeHtml(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  const said = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)/i.exec(head)?.[1]
  const marked = markOf(bytes)
  if (marked !== undefined) return decodeAs(marked, bytes)
  for (const encoding of ['utf-8', said]) {
    try {
      if (encoding !== undefined) return decodeAs(encoding, bytes)
    } catch (error) {
      if (error instanceof UnreadableDocumentError && error.code !== 'document_encoding_unknown') throw error
    }
  }
  // Which has a character for every byte.
  return decodeAs('windows-1252', bytes)
}

function markOf(bytes: Uint8Array): string | undefined {
  return marks.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0]
}

function decodeAs(encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_STRING_TOO_LONG')
      throw tooLarge('its text is longer than 536 million characters')
    throw new UnreadableDocumentError('document_encoding_unknown', 'The text is not encoded in UTF-8. Send it in UTF-8.', {
      cause,
    })
  }
}
