import { type Lane, laneWeights } from '@plinth/core'

/**
 * Which lanes the next turns belong to, by smooth weighted round robin: every lane that takes part gains its weight, the richest
 * is served and pays what all gained. Unlike LaneTurns, turns are given before anybody knows what a lane has; those that it had no
 * use for are taken back, as if they had never been.
 */
export class LaneShares {
  readonly #credit: Record<Lane, number> = { high: 0, normal: 0, low: 0 }

  /** Gives so many turns to these lanes. */
  give(lanes: readonly Lane[], turns: number): ReadonlyMap<Lane, number> {
    const given = new Map<Lane, number>()
    for (let turn = 0; turn < turns; turn++) {
      const richest = lanes.toSorted((one, other) => this.#bid(other) - this.#bid(one))[0]
      if (richest === undefined) break
      this.#pay(lanes, richest, 1)
      given.set(richest, (given.get(richest) ?? 0) + 1)
    }
    return given
  }

  /** Takes turns back that were given to one of these lanes. */
  takeBack(lanes: readonly Lane[], lane: Lane, turns: number): void {
    this.#pay(lanes, lane, -turns)
  }

  #bid(lane: Lane): number {
    return this.#credit[lane] + laneWeights[lane]
  }

  #pay(lanes: readonly Lane[], served: Lane, turns: number): void {
    for (const lane of lanes) {
      this.#credit[lane] += laneWeights[lane] * turns
      this.#credit[served] -= laneWeights[lane] * turns
    }
  }
}
