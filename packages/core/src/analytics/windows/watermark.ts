/** Milliseconds. */
const liveWithin = 5 * 60_000

/** Whether a stream is live whose newest record is of this time and was accepted then: its time goes on also when no records come. */
export function isLive(newest: number, accepted: number): boolean {
  return accepted - newest <= liveWithin
}

/** The time of the newest record (null: none yet), and when that was accepted. */
export type PackedWatermark = readonly [newest: number | null, acceptedAt: number]

/**
 * How far a shard's event time has come: no record older than this is waited for. It is the time of the newest record less the lateness
 * that the stream allows, and never goes back. It depends on what it is told only, so a replay comes to the same.
 */
export class Watermark {
  readonly #lateness: number
  #newest = Number.NEGATIVE_INFINITY
  #acceptedAt = Number.NEGATIVE_INFINITY

  /** @param lateness milliseconds. */
  constructor(lateness: number) {
    this.#lateness = lateness
  }

  static unpack([newest, acceptedAt]: PackedWatermark, lateness: number): Watermark {
    const watermark = new Watermark(lateness)
    if (newest === null) return watermark
    watermark.#newest = newest
    watermark.#acceptedAt = acceptedAt
    return watermark
  }

  /** Milliseconds UTC, of event time; minus infinity before the first record. */
  get value(): number {
    return this.#newest - this.#lateness
  }

  /**
   * Takes a record's time. One that is ahead of its acceptance has a clock that goes before: it speaks for no more than the present, so that
   * the others' records of now aren't late.
   * @param acceptedAt when it was accepted: milliseconds UTC.
   */
  observe(time: number, acceptedAt: number): void {
    const present = Math.min(time, acceptedAt)
    if (present <= this.#newest) return
    this.#newest = present
    this.#acceptedAt = acceptedAt
  }

  /** Nothing has come until now: a live stream's time goes on by the real time that passed. @param at milliseconds UTC. */
  heartbeat(at: number): void {
    const passed = at - this.#acceptedAt
    if (this.#newest === Number.NEGATIVE_INFINITY || passed <= 0 || !isLive(this.#newest, this.#acceptedAt)) return
    this.#newest += passed
    this.#acceptedAt = at
  }

  pack(): PackedWatermark {
    return this.#newest === Number.NEGATIVE_INFINITY ? [null, 0] : [this.#newest, this.#acceptedAt]
  }
}
