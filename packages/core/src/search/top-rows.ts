/** The best rows of one segment: the highest scores, among equals the first by `before`. Offered in any order. */
export class TopRows {
  readonly #scores: Float64Array
  readonly #rows: Int32Array
  readonly #before: (left: number, right: number) => boolean
  #count = 0
  /** What a row has to reach to be worth offering. */
  threshold: number = Number.NEGATIVE_INFINITY

  constructor(limit: number, before: (left: number, right: number) => boolean) {
    this.#scores = new Float64Array(limit)
    this.#rows = new Int32Array(limit)
    this.#before = before
  }

  offer(score: number, row: number): void {
    if (this.#count < this.#rows.length) {
      let at = this.#count++
      while (at > 0) {
        const parent = (at - 1) >>> 1
        if (!this.#worse(score, row, this.#score(parent), this.#row(parent))) break
        this.#set(at, this.#score(parent), this.#row(parent))
        at = parent
      }
      this.#set(at, score, row)
    } else if (this.#worse(this.#score(0), this.#row(0), score, row)) this.#replaceWorst(score, row)
    if (this.#count === this.#rows.length) this.threshold = this.#score(0)
  }

  *entries(): Generator<readonly [row: number, score: number]> {
    for (let at = 0; at < this.#count; at++) yield [this.#row(at), this.#score(at)]
  }

  #replaceWorst(score: number, row: number): void {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#count) break
      const other = child + 1
      if (other < this.#count && this.#worse(this.#score(other), this.#row(other), this.#score(child), this.#row(child)))
        child = other
      if (!this.#worse(this.#score(child), this.#row(child), score, row)) break
      this.#set(at, this.#score(child), this.#row(child))
      at = child
    }
    this.#set(at, score, row)
  }

  #worse(score: number, row: number, otherScore: number, otherRow: number): boolean {
    return score < otherScore || (score === otherScore && this.#before(otherRow, row))
  }

  #set(at: number, score: number, row: number): void {
    this.#scores[at] = score
    this.#rows[at] = row
  }

  #score(at: number): number {
    return this.#scores[at] ?? 0
  }

  #row(at: number): number {
    return this.#rows[at] ?? 0
  }
}
