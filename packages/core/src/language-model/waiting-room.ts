import { type Lane, laneWeights } from '../ports/queue.ts'
import { LaneTurns } from '../worker/lane-turns.ts'

/** Whoever waits for a model. */
export interface Waiting {
  readonly lane: Lane
  readonly tenant: string
  /** Of its tenant. */
  readonly weight: number
  /** Whether it holds a worker's place meanwhile; what is asked for over HTTP holds none. */
  readonly worker: boolean
}

/** Who waits, in the order in which they will be served: by lanes, tenants and arrival, as a queue's jobs are. */
export class WaitingRoom<Item extends Waiting> {
  readonly #turns = new LaneTurns()
  /** By lane and tenant, in order of arrival. */
  readonly #lines = new Map<string, Set<Item>>()
  /** Of all that wait those that hold a worker's place, in order of arrival. */
  readonly workers: Set<Item> = new Set()
  #size = 0

  get size(): number {
    return this.#size
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const line of this.#lines.values()) yield* line
  }

  add(item: Item): void {
    const name = nameOf(item)
    const line = this.#lines.get(name) ?? new Set()
    this.#lines.set(name, line.add(item))
    this.#turns.add(item.lane, item.tenant, 1, item.weight)
    if (item.worker) this.workers.add(item)
    this.#size++
  }

  /** Whose turn it is. */
  next(): Item | undefined {
    const turn = this.#turns.peek()
    const [first] = (turn && this.#lines.get(nameOf(turn))) ?? []
    return first
  }

  /** Takes out whose turn it is. */
  take(): Item | undefined {
    const next = this.next()
    if (next) {
      this.#turns.take()
      this.#leave(next)
    }
    return next
  }

  /** Takes out one that goes without having had its turn. */
  remove(item: Item): void {
    if (!this.#lines.get(nameOf(item))?.has(item)) return
    this.#turns.remove(item, 1)
    this.#leave(item)
  }

  /**
   * Who has to go first when too many workers wait: of the lane, and in it of the tenant, that has the most places for its weight
   * (by the method of Webster and Sainte-Laguë, so that whoever has one place only keeps it longest), the newest. So neither a lane
   * nor a tenant keeps the others from waiting for their turn. Never the next one.
   */
  excess(): Item | undefined {
    const next = this.next()
    const others = [...this.workers].filter((item) => item !== next)
    const lane = mostPlaces(
      others,
      ({ lane }) => lane,
      ({ lane }) => laneWeights[lane],
    )
    const inLane = others.filter((item) => item.lane === lane)
    const tenant = mostPlaces(
      inLane,
      (item) => item.tenant,
      ({ weight }) => weight,
    )
    return inLane.findLast((item) => item.tenant === tenant)
  }

  #leave(item: Item): void {
    const name = nameOf(item)
    const line = this.#lines.get(name)
    line?.delete(item)
    if (line?.size === 0) this.#lines.delete(name)
    this.workers.delete(item)
    this.#size--
  }
}

/** The group with the most places for its weight; of equals the one of the latest arrival, or of the lower weight. */
function mostPlaces<Item, Group>(
  items: readonly Item[],
  groupOf: (item: Item) => Group,
  weightOf: (item: Item) => number,
): Group | undefined {
  const counts = new Map<Group, number>()
  let found: { readonly group: Group; readonly share: number; readonly weight: number } | undefined
  for (const item of items) counts.set(groupOf(item), (counts.get(groupOf(item)) ?? 0) + 1)
  for (const item of items) {
    const [group, weight] = [groupOf(item), weightOf(item)]
    const share = ((counts.get(group) ?? 0) - 0.5) / weight
    if (!found || share > found.share || (share === found.share && weight <= found.weight)) found = { group, share, weight }
  }
  return found?.group
}

function nameOf({ lane, tenant }: { readonly lane: Lane; readonly tenant: string }): string {
  return `${lane} ${tenant}`
}
