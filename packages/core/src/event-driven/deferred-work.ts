import { laneCount } from './lane-loads.ts'

/** Times are told apart to a quarter of a second. */
const grain = 250
/** So many times are kept apart; later ones join the nearest. */
const most = 256

/** Requests that become ready at one time. */
interface DeferredGroup {
  readonly at: number
  readonly lane: number
  readonly model: number
  amount: number
}

/** Requests that may not be worked yet, by the time from which they may. */
export class DeferredWork {
  /** In order of time. */
  readonly #groups: DeferredGroup[] = []
  readonly #amounts = new Float64Array(laneCount)

  amount(lane: number): number {
    return this.#amounts[lane] ?? 0
  }

  add(notBefore: number, lane: number, model: number): void {
    const at = Math.floor(notBefore / grain) * grain
    const place = this.#place(at)
    for (let index = place; this.#groups[index]?.at === at; index++) {
      const group = this.#groups[index]
      if (group?.lane === lane && group.model === model) {
        group.amount++
        this.#amounts[lane] = this.amount(lane) + 1
        return
      }
    }
    const near = this.#groups[Math.min(place, this.#groups.length - 1)]
    if (near && this.#groups.length >= most) {
      near.amount++
      this.#amounts[near.lane] = this.amount(near.lane) + 1
      return
    }
    this.#amounts[lane] = this.amount(lane) + 1
    this.#groups.splice(place, 0, { at, lane, model, amount: 1 })
  }

  /** One of them is gone before its time. */
  remove(notBefore: number, lane: number, model: number): void {
    const at = Math.floor(notBefore / grain) * grain
    const same = this.#groups.findIndex((group) => group.at === at && group.lane === lane && group.model === model)
    const index = same === -1 ? Math.min(this.#place(at), this.#groups.length - 1) : same
    const group = this.#groups[index]
    if (!group) return
    this.#amounts[group.lane] = this.amount(group.lane) - 1
    group.amount--
    if (group.amount === 0) this.#groups.splice(index, 1)
  }

  /** Takes out those whose time has come. */
  due(now: number): readonly DeferredGroup[] {
    const count = this.#place(now + 1)
    if (count === 0) return none
    const groups = this.#groups.splice(0, count)
    for (const { lane, amount } of groups) this.#amounts[lane] = this.amount(lane) - amount
    return groups
  }

  /** Those that are ready at a time, the earliest first. */
  *until(time: number): Generator<DeferredGroup> {
    const end = Math.floor(time / grain) * grain
    for (const group of this.#groups) {
      if (group.at > end) return
      yield group
    }
  }

  /** Where the first stands that isn't before a time. */
  #place(time: number): number {
    let low = 0
    let high = this.#groups.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#groups[middle]?.at ?? 0) < time) low = middle + 1
      else high = middle
    }
    return low
  }
}

const none: readonly DeferredGroup[] = []
