import { UnreadableDocumentError } from '../ports/document-reader.ts'

/**
 * A NUL is what programs, archives and images are full of and no text has, but one in UTF-16, whose byte order mark says so.
 * @throws UnreadableDocumentError `document_type_unknown`.
 */
export function refuseBinary(bytes: Uint8Array): void {
  const mark = `${bytes[0]} ${bytes[1]}`
  if (mark === '255 254' || mark === '254 255' || !bytes.includes(0)) return
  throw new UnreadableDocumentError(
    'document_type_unknown',
    'The file is no text: it holds NUL characters. Send it as the kind that it is, if that is read; a text in UTF-16 needs its byte order mark.',
  )
}
