import type { Match } from './matches.ts'

/**
 * Replaces matches by the marks of their kinds in a text that comes in parts. Of matches that overlap, the one that starts first
 * (of two, the longer) takes what they share; one that lies within others leaves no mark.
 */
export class Masking {
  #text = ''
  #dropped = 0
  /** Up to where the text was given out or replaced. */
  #done = 0
  #matches: Match[] = []

  push(delta: string): void {
    this.#text += delta
  }

  add(matches: readonly Match[]): void {
    for (const match of matches) this.#matches.push(match)
  }

  /**
   * What stands for the text up to `to`, the marks apart from the text between them. All matches that start before `to` must be
   * known. The first half of a surrogate pair waits for its second.
   */
  take(to: number, ended: boolean): readonly Piece[] {
    const until = !ended && isHalf(this.#text.charCodeAt(to - this.#dropped - 1)) ? to - 1 : to
    this.#matches.sort((one, other) => one.start - other.start || other.end - one.end)
    const pieces: Piece[] = []
    let used = 0
    for (const match of this.#matches) {
      if (match.start >= until) break
      used++
      if (match.end <= this.#done) continue
      this.#plain(match.start, pieces)
      if (match.rest === undefined) pieces.push({ text: `[${match.kind}]`, mark: true })
      this.#done = match.end
    }
    this.#matches = this.#matches.slice(used)
    this.#plain(until, pieces)
    const drop = Math.min(this.#done - this.#dropped, this.#text.length)
    this.#text = this.#text.slice(drop)
    this.#dropped += drop
    return pieces
  }

  #plain(to: number, pieces: Piece[]): void {
    if (to <= this.#done) return
    pieces.push({ text: this.#text.slice(this.#done - this.#dropped, to - this.#dropped), mark: false })
    this.#done = to
  }
}

export interface Piece {
  readonly text: string
  readonly mark: boolean
}

/** Whether it is the first half of a surrogate pair. */
export function isHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
