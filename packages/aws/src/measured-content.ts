import { createHash } from 'node:crypto'
import { checkObjectBytes } from '@plinth/core'

/** Content on its way into a store: counted and hashed while it is read, and refused above the port's limit. Read once. */
export class MeasuredContent {
  readonly #hash = createHash('sha256')
  readonly #pieces: AsyncGenerator<Uint8Array>
  readonly #beginning: Uint8Array[] = []
  #bytes = 0
  #failure: { readonly reason: unknown } | undefined

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#pieces = this.#measure(content)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What the source threw, to be told from what else may fail while it is read. */
  get failure(): { readonly reason: unknown } | undefined {
    return this.#failure
  }

  /** Of all the content, when all was read. */
  sha256(): string {
    return this.#hash.copy().digest('hex')
  }

  /** All of it if it has no more than so many bytes; else undefined, and {@link pieces} has it all. */
  async whole(most: number): Promise<Uint8Array | undefined> {
    while (this.#bytes <= most) {
      const next = await this.#pieces.next()
      if (next.done) return new Uint8Array(Buffer.concat(this.#beginning))
      this.#beginning.push(next.value)
    }
    return undefined
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    yield* this.#beginning.splice(0)
    yield* this.#pieces
  }

  /** Lets the source go, also when it wasn't read to its end. */
  async close(): Promise<void> {
    await this.#pieces.return(undefined)
  }

  async *#measure(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of content) {
        checkObjectBytes(this.#bytes + piece.byteLength)
        // The source may use the piece's memory again, while ours is still on its way.
        const copy = new Uint8Array(piece)
        this.#bytes += copy.byteLength
        this.#hash.update(copy)
        yield copy
      }
    } catch (reason) {
      this.#failure = { reason }
      throw reason
    }
  }
}
