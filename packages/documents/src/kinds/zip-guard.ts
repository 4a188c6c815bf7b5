import { Buffer } from 'node:buffer'
import { inflateRawSync } from 'node:zlib'
import { damaged, encrypted, tooLarge } from '../refusals.ts'

const mostEntries = 10_000
/** Bytes that all files of an archive may come to; a book of a thousand pages has about 10 MB. */
const mostBytes = 200 * 1024 * 1024

/**
 * Looks through an archive before it is unpacked by code that trusts what it says: what its files come to is counted, not read from
 * the list, and files that share their bytes count each time.
 * @returns the names in it.
 * @throws UnreadableDocumentError for an archive that is broken, sealed, or a bomb.
 */
export function checkZip(bytes: Uint8Array): ReadonlySet<string> {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const names = new Set<string>()
  let left = mostBytes
  try {
    // "End of central directory record", APPNOTE.TXT 4.3.16: at the end, before a comment of at most 65,535 bytes.
    const end = zip.lastIndexOf(Buffer.from('504b0506', 'hex'))
    if (end < 0 || zip.length - end > 22 + 65_535) throw damaged('a Word document')
    const count = zip.readUInt16LE(end + 10)
    if (count > mostEntries) throw tooLarge('its archive holds too many files')
    let at = zip.readUInt32LE(end + 16)
    for (let entry = 0; entry < count; entry++) {
      if (zip.readUInt32LE(at) !== 0x02014b50) throw damaged('a Word document')
      if ((zip.readUInt16LE(at + 8) & 1) === 1) throw encrypted('Word document')
      const lengths = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))
      const [name = 0, extra = 0, comment = 0] = lengths
      names.add(zip.toString('utf8', at + 46, at + 46 + name))
      left -= unpackedLength(zip, at, left)
      at += 46 + name + extra + comment
    }
  } catch (error) {
    if (error instanceof RangeError && (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge('it unpacks to far more')
    if (error instanceof RangeError || isZlibError(error)) throw damaged('a Word document', error)
    throw error
  }
  return names
}

/** Of the file whose entry in the list is at `at`. */
function unpackedLength(zip: Buffer, at: number, most: number): number {
  const method = zip.readUInt16LE(at + 10)
  const packed = zip.readUInt32LE(at + 20)
  const local = zip.readUInt32LE(at + 42)
  if (method !== 8) {
    if (packed > most) throw tooLarge('it unpacks to far more')
    return packed
  }
  if (zip.readUInt32LE(local) !== 0x04034b50) throw damaged('a Word document')
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  return inflateRawSync(zip.subarray(start, start + packed), { maxOutputLength: Math.max(1, most) }).length
}

function isZlibError(error: unknown): boolean {
  return /^Z_/.test(String((error as { code?: unknown }).code))
}
