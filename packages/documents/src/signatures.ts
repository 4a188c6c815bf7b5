/** What a file is by its first bytes, against what it was sent as. @module */
import type { Kind } from './media-types.ts'
import { damaged, encrypted, mislabelled } from './refusals.ts'

const zip = 'a ZIP archive'
const ole = 'a file of an older Office'

/** First bytes of kinds that are no text. */
const signatures: readonly (readonly [name: string, hex: string])[] = [
  ['a PNG image', '89504e470d0a1a0a'],
  ['a JPEG image', 'ffd8ff'],
  [zip, '504b0304'],
  [zip, '504b0506'],
  [ole, 'd0cf11e0a1b11ae1'],
  ['a PDF', '255044462d'],
  ['compressed with gzip', '1f8b08'],
  ['a GIF image', '47494638'],
  ['a program', '7f454c46'],
  ['a 7-Zip archive', '377abcaf271c'],
  ['a RAR archive', '526172211a07'],
  ['an SQLite database', '53514c69746520666f726d6174203300'],
]

const words: Readonly<Record<Kind, string>> = {
  pdf: 'a PDF',
  docx: 'a Word document',
  html: 'HTML',
  markdown: 'Markdown',
  csv: 'CSV',
  json: 'JSON',
  text: 'text',
  lines: 'text',
  image: 'an image',
}

/** @throws UnreadableDocumentError `document_mislabelled`, `document_encrypted`, or `document_damaged` for bytes that are nothing known. */
export function checkSignature(kind: Kind, bytes: Uint8Array): void {
  const found = signatureOf(bytes)
  switch (kind) {
    case 'pdf':
      // Readers of PDF have always looked for its mark in the first 1,024 bytes.
      if (latin(bytes.subarray(0, 1029)).includes('%PDF-')) return
      break
    case 'docx':
      if (found === zip) return
      if (found === ole && includesWide(bytes, 'EncryptedPackage')) throw encrypted(words.docx)
      break
    case 'image':
      if (found === 'a PNG image' || found === 'a JPEG image') return
      break
    default:
      if (found === undefined) {
        if (!isBinary(bytes)) return
        throw mislabelled(words[kind], 'no text, or one in UTF-16 without its mark')
      }
  }
  if (found !== undefined) throw mislabelled(words[kind], found)
  throw looksLikeText(bytes) ? mislabelled(words[kind], 'text') : damaged(words[kind])
}

function signatureOf(bytes: Uint8Array): string | undefined {
  const hex = Buffer.from(bytes.subarray(0, 16)).toString('hex')
  return signatures.find(([, signature]) => hex.startsWith(signature))?.[0]
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function includesWide(bytes: Uint8Array, word: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(Buffer.from(word, 'utf16le'))
}

/** More than a quarter of zeros, and no byte order mark that would explain them. */
function isBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 1024)
  if (head.length < 64 || head[0] === 0xff || head[0] === 0xfe) return false
  return head.reduce((zeros, byte) => zeros + (byte === 0 ? 1 : 0), 0) > head.length / 4
}

function looksLikeText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(latin(bytes.subarray(0, 512)))
}
