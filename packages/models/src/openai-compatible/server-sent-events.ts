import { tooLarge } from '../bounded-answer.ts'

/** Bytes of a line, and characters of an event: nothing is parsed before its end, so all of it is in memory. */
const longestLine = 8 * 1024 * 1024
const lineFeed = 10
const carriageReturn = 13

/**
 * Reads a stream of server-sent events (WHATWG HTML, 9.2.6) from bytes that may be cut anywhere, and tells the data of each event. An
 * event that isn't ended by an empty line is none. Other fields than `data` are passed over.
 */
export class ServerSentEvents {
  readonly #onData: (data: string) => void
  /** Of a line that hasn't ended yet. Lines end at the end of a character, so only whole ones are decoded. */
  #held: Buffer[] = []
  #heldBytes = 0
  #data: string | undefined
  #begun = false
  #afterReturn = false

  constructor(onData: (data: string) => void) {
    this.#onData = onData
  }

  /** @throws ModelFailure `too_large` for an event that is larger than can be held; whatever `onData` throws. */
  push(bytes: Buffer): void {
    const first = this.#afterReturn && bytes[0] === lineFeed ? 1 : 0
    const end = Math.max(bytes.lastIndexOf(lineFeed), bytes.lastIndexOf(carriageReturn)) + 1
    if (bytes.length > 0) this.#afterReturn = bytes[bytes.length - 1] === carriageReturn
    if (end > first) this.#take(this.#decode(bytes, first, end))
    const rest = Math.max(first, end)
    if (rest === bytes.length) return
    this.#held.push(bytes.subarray(rest))
    this.#heldBytes += bytes.length - rest
    if (this.#heldBytes > longestLine) throw tooLarge()
  }

  #decode(bytes: Buffer, first: number, end: number): string {
    if (this.#heldBytes === 0) return bytes.toString('utf8', first, end)
    const text = Buffer.concat([...this.#held, bytes.subarray(first, end)]).toString()
    this.#held = []
    this.#heldBytes = 0
    return text
  }

  #take(text: string): void {
    const start = !this.#begun && text.startsWith('\uFEFF') ? 1 : 0
    this.#begun = true
    const lines = (start === 0 ? text : text.slice(start)).split(text.includes('\r') ? /\r\n|[\r\n]/ : '\n')
    // After the last end of a line there is nothing.
    lines.pop()
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    if (line === '') {
      const data = this.#data
      this.#data = undefined
      if (data !== undefined) this.#onData(data)
      return
    }
    if (!line.startsWith('data') || (line.length > 4 && line[4] !== ':')) return
    const value = line.slice(line[5] === ' ' ? 6 : 5)
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    if (this.#data.length > longestLine) throw tooLarge()
  }
}
