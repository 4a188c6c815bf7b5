import { type Lane, laneWeights } from '@plinth/core'

const lanes: readonly Lane[] = ['high', 'normal', 'low']

/** Whose turn it is, and behind which position the tenant's next job lies. */
export interface Turn {
  readonly lane: Lane
  readonly tenant: string
  readonly place: number
}

interface Line {
  /** How many jobs of each tenant are ready, the tenant whose turn is next first. Only tenants with some. */
  readonly ready: Map<string, number>
  /** The position of the last job taken, of every tenant that ever had one; all that is ready lies behind it. */
  readonly places: Map<string, number>
  credit: number
}

/**
 * Decides whose job is next: lanes by smooth weighted round robin (the method of nginx's upstreams), tenants of a lane in
 * turn. It only counts; the jobs themselves stay in their table, so that a million of them cost no memory.
 */
export class LaneScheduler {
  readonly #lines: Readonly<Record<Lane, Line>> = { high: line(), normal: line(), low: line() }

  /** So many more jobs of a tenant are ready. */
  add(lane: Lane, tenant: string, amount: number): void {
    const { ready } = this.#lines[lane]
    ready.set(tenant, (ready.get(tenant) ?? 0) + amount)
  }

  /** The next turn, or undefined when nothing is ready. */
  next(): Turn | undefined {
    const waiting = lanes.filter((lane) => this.#lines[lane].ready.size > 0)
    let best: Lane | undefined
    let total = 0
    for (const lane of waiting) {
      this.#lines[lane].credit += laneWeights[lane]
      total += laneWeights[lane]
      if (best === undefined || this.#lines[lane].credit > this.#lines[best].credit) best = lane
    }
    if (best === undefined) return undefined
    this.#lines[best].credit -= total
    const { ready, places } = this.#lines[best]
    const tenant = ready.keys().next().value ?? ''
    return { lane: best, tenant, place: places.get(tenant) ?? 0 }
  }

  /** The job at that position was taken in this turn; its tenant goes to the end of the line. */
  taken(turn: Turn, position: number): void {
    const { ready, places } = this.#lines[turn.lane]
    const left = (ready.get(turn.tenant) ?? 0) - 1
    ready.delete(turn.tenant)
    if (left > 0) ready.set(turn.tenant, left)
    places.set(turn.tenant, position)
  }

  /** Nothing lies behind the tenant's place after all. */
  empty(turn: Turn): void {
    this.#lines[turn.lane].ready.delete(turn.tenant)
  }
}

function line(): Line {
  return { ready: new Map(), places: new Map(), credit: 0 }
}
