import { InvalidInputError } from '@plinth/core'

/** The most bytes of a line: what an export's longest text comes to, and what a process can hold. */
const longest = 256 * 1024 * 1024
const lineFeed = 10

/**
 * The lines of what comes in pieces, each with its line feed; the last may have none. Holds one line at a time.
 * @throws InvalidInputError for a longer line than an export has.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, most: number = longest): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end + 1)])
      pieces = []
      length = 0
      start = end + 1
    }
    if (start === chunk.byteLength) continue
    pieces.push(chunk.subarray(start))
    length += chunk.byteLength - start
    if (length > most) throw new InvalidInputError('This is no export: it has a line without an end.', { field: 'file' })
  }
  if (length > 0) yield Buffer.concat(pieces)
}
