import { recordLimits } from './record.ts'

/** Of a line, in bytes: what a record of the largest data has beside it fits in. */
export const lineLimit: number = recordLimits.bytes * 2

/** A line of a body; one that is too long or no UTF-8 has no text. */
export type Line = { readonly text: string } | { readonly broken: 'too_long' | 'not_utf8' }

const newline = 0x0a

/**
 * Cuts bytes into lines, as they come. Of one that is too long nothing is kept, so that memory stays bounded whatever is sent. What is
 * behind the last end of a line is only one when `end` says that the bytes ended well: a line that was cut off isn't taken for whole.
 */
export class LineReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  /** The beginning of a line that isn't whole yet. */
  #rest: Uint8Array[] = []
  #restBytes = 0

  #keep(part: Uint8Array): void {
    this.#restBytes += part.byteLength
    if (this.#restBytes > lineLimit) this.#rest = []
    // A copy: the chunk may be written over when the next one comes.
    else if (part.byteLength > 0) this.#rest.push(part.slice())
  }

  #whole(last: Uint8Array): Line {
    const bytes = this.#restBytes + last.byteLength
    const parts = this.#rest
    this.#rest = []
    this.#restBytes = 0
    if (bytes > lineLimit) return { broken: 'too_long' }
    try {
      return { text: this.#decoder.decode(parts.length === 0 ? last : joined([...parts, last], bytes)) }
    } catch {
      return { broken: 'not_utf8' }
    }
  }

  *read(chunk: Uint8Array): Generator<Line> {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      yield this.#whole(chunk.subarray(from, at))
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
  }

  *end(): Generator<Line> {
    if (this.#restBytes > 0) yield this.#whole(new Uint8Array())
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.byteLength
  }
  return all
}
