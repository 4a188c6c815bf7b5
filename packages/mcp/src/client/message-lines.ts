/** The end of a line that is too long to be kept, in bytes: where JSON-RPC messages may have their id. */
const edge = 256

export interface LongLine {
  /** How it begins and ends. */
  readonly head: string
  readonly tail: string
}

/**
 * Lines of a stream of bytes, whole or, past a limit, their two ends: what lies between is never kept. The time that it takes grows with the
 * bytes and not with how they are cut into pieces.
 */
export class MessageLines {
  readonly #most: number
  readonly #onLine: (line: string) => void
  readonly #onLong: (line: LongLine) => void
  #parts: Buffer[] = []
  #length = 0
  /** Set while a line is longer than may be. */
  #head: string | undefined
  #tail: Buffer = Buffer.alloc(0)

  /** @param options.most bytes of a line. */
  constructor(options: { readonly most: number; onLine(line: string): void; onLong(line: LongLine): void }) {
    this.#most = options.most
    this.#onLine = options.onLine
    this.#onLong = options.onLong
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#add(chunk.subarray(start, end))
      this.#end()
      start = end + 1
    }
    this.#add(chunk.subarray(start))
  }

  #add(part: Buffer): void {
    if (part.length === 0) return
    if (this.#head === undefined) {
      this.#parts.push(part)
      this.#length += part.length
      if (this.#length <= this.#most) return
      const all = Buffer.concat(this.#parts)
      this.#head = all.toString('utf8', 0, edge)
      this.#tail = Buffer.from(all.subarray(-edge))
      this.#parts = []
      return
    }
    this.#tail = Buffer.from(Buffer.concat([this.#tail, part.subarray(-edge)]).subarray(-edge))
  }

  #end(): void {
    if (this.#head === undefined) {
      if (this.#length > 0) this.#onLine(Buffer.concat(this.#parts).toString('utf8'))
    } else this.#onLong({ head: this.#head, tail: this.#tail.toString('utf8') })
    this.#parts = []
    this.#length = 0
    this.#head = undefined
    this.#tail = Buffer.alloc(0)
  }
}

/** The id of an answer of which only the ends are known, where one of them tells it. */
export function idOfLong({ head, tail }: LongLine): number | undefined {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/.exec(head) ??
    /,\s*"id"\s*:\s*(\d{1,15})\s*\}\s*$/.exec(tail)
  return found ? Number(found[1]) : undefined
}
