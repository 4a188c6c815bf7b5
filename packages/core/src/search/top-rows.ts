import type { Part } from './parts.ts'
import { segmentRows } from './segment-rows.ts'

/** A row of one of several parts, and what it scores. */
export interface TopRow {
  readonly part: number
  readonly row: number
  readonly score: number
}

/**
 * The best rows of several parts: the highest scores, among equals the first by document, version and ordinal. Parts are offered one after
 * the other, the rows of each in any order.
 */
export class TopRows {
  readonly #parts: readonly Part[]
  readonly #scores: Float64Array
  /** Part times 65,536 and row. The worst stands first, as in a heap. */
  readonly #rows: Float64Array
  #count = 0
  /** What a row has to reach to be worth offering. */
  threshold: number = Number.NEGATIVE_INFINITY

  constructor(limit: number, parts: readonly Part[]) {
    this.#parts = parts
    this.#scores = new Float64Array(limit)
    this.#rows = new Float64Array(limit)
  }

  offer(score: number, part: number, row: number): void {
    const offered = part * segmentRows + row
    if (this.#count < this.#rows.length) this.#rise(score, offered)
    else if (this.#worse(this.#score(0), this.#row(0), score, offered)) this.#replaceWorst(score, offered)
    if (this.#count === this.#rows.length) this.threshold = this.#score(0)
  }

  *entries(): Generator<TopRow> {
    for (let at = 0; at < this.#count; at++) {
      const place = this.#row(at)
      yield { part: Math.floor(place / segmentRows), row: place % segmentRows, score: this.#score(at) }
    }
  }

  #rise(score: number, offered: number): void {
    let at = this.#count++
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!this.#worse(score, offered, this.#score(parent), this.#row(parent))) break
      this.#set(at, this.#score(parent), this.#row(parent))
      at = parent
    }
    this.#set(at, score, offered)
  }

  #replaceWorst(score: number, offered: number): void {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#count) break
      const other = child + 1
      if (other < this.#count && this.#worse(this.#score(other), this.#row(other), this.#score(child), this.#row(child)))
        child = other
      if (!this.#worse(this.#score(child), this.#row(child), score, offered)) break
      this.#set(at, this.#score(child), this.#row(child))
      at = child
    }
    this.#set(at, score, offered)
  }

  #worse(score: number, place: number, otherScore: number, otherPlace: number): boolean {
    return score < otherScore || (score === otherScore && this.#isBefore(otherPlace, place))
  }

  #isBefore(left: number, right: number): boolean {
    const leftPart = Math.floor(left / segmentRows)
    const rightPart = Math.floor(right / segmentRows)
    const leftTable = this.#parts[leftPart]?.documents
    const rightTable = this.#parts[rightPart]?.documents
    if (!leftTable || !rightTable) return false
    const leftDocument = leftTable.documentOf[left % segmentRows] ?? 0
    const rightDocument = rightTable.documentOf[right % segmentRows] ?? 0
    if (leftPart === rightPart) {
      if (leftDocument === rightDocument) return left < right
      return (leftTable.rank[leftDocument] ?? 0) < (leftTable.rank[rightDocument] ?? 0)
    }
    const difference = leftTable.compareNames(leftDocument, rightTable, rightDocument)
    if (difference !== 0) return difference < 0
    return leftTable.ordinal(left % segmentRows) < rightTable.ordinal(right % segmentRows)
  }

  #set(at: number, score: number, place: number): void {
    this.#scores[at] = score
    this.#rows[at] = place
  }

  #score(at: number): number {
    return this.#scores[at] ?? 0
  }

  #row(at: number): number {
    return this.#rows[at] ?? 0
  }
}
