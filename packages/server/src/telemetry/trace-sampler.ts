const everyone = 2 ** 32

/**
 * Decides which requests leave spans: all while there are few, an even share in a flood. Of thousands a second the store would
 * hold the last moment only, and spans would cost more than the work that they tell of. What belongs to one correlation id is
 * kept or passed over together, unless the share changes meanwhile.
 */
export class TraceSampler {
  readonly #spansASecond: number
  readonly #now: () => number
  #second = 0
  #asked = 0
  #expected = 0
  /** Of 2^32: ids whose hash is below it are kept. */
  #share = everyone

  /** @param now milliseconds UTC; for tests. */
  constructor(spansASecond: number, now: () => number = Date.now) {
    this.#spansASecond = spansASecond
    this.#now = now
  }

  keeps(correlationId: string): boolean {
    const second = Math.floor(this.#now() / 1000)
    if (second !== this.#second) {
      // What was asked for in the second before says how busy this one will be; after a quiet one all are kept.
      this.#expect(second === this.#second + 1 ? this.#asked : 0)
      this.#second = second
      this.#asked = 0
    }
    // A second that turns out busier than that is thinned while it lasts.
    if (++this.#asked >= this.#expected * 2) this.#expect(this.#asked)
    return this.#share >= everyone || hash(correlationId) < this.#share
  }

  #expect(spans: number): void {
    this.#expected = Math.max(spans, this.#spansASecond)
    this.#share = (everyone * this.#spansASecond) / this.#expected
  }
}

/** FNV-1a, 32 bits (RFC 9923), with a last mixing step so that ids that differ at their end differ in the high bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  return (value ^ (value >>> 16)) >>> 0
}
