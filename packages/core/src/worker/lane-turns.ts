import { type Lane, laneWeights } from '../ports/queue.ts'

const lanes = Object.keys(laneWeights) as readonly Lane[]

/** Whose job is next. */
export interface Turn {
  readonly lane: Lane
  readonly tenant: string
}

interface Line {
  /** How many jobs of each tenant are ready, the tenant whose turn is next first. Only tenants with some. */
  readonly ready: Map<string, number>
  credit: number
}

/**
 * Decides whose job is next: lanes by smooth weighted round robin (the method of nginx's upstreams: every lane that has
 * something gains its weight, the richest is served and pays what all gained), tenants of a lane by turns. It only counts;
 * the jobs stay where they are, so that a million of them cost no memory here.
 */
export class LaneTurns {
  readonly #lines: ReadonlyMap<Lane, Line> = new Map(lanes.map((lane) => [lane, { ready: new Map(), credit: 0 }]))

  /** So many more jobs of a tenant are ready. */
  add(lane: Lane, tenant: string, amount: number): void {
    const ready = this.#line(lane).ready
    ready.set(tenant, (ready.get(tenant) ?? 0) + amount)
  }

  /** Takes the next turn: one job less of that tenant, which goes to the end of its lane. Undefined when nothing is ready. */
  take(): Turn | undefined {
    const lane = this.#nextLane()
    const { ready } = lane ? this.#line(lane) : { ready: new Map<string, number>() }
    const first = ready.entries().next()
    if (!lane || first.done) return undefined
    const [tenant, amount] = first.value
    ready.delete(tenant)
    if (amount > 1) ready.set(tenant, amount - 1)
    return { lane, tenant }
  }

  /** The tenant has nothing more there after all. */
  clear({ lane, tenant }: Turn): void {
    this.#line(lane).ready.delete(tenant)
  }

  #nextLane(): Lane | undefined {
    let best: Lane | undefined
    let gained = 0
    for (const lane of lanes) {
      const line = this.#line(lane)
      if (line.ready.size === 0) continue
      gained += laneWeights[lane]
      line.credit += laneWeights[lane]
      if (best === undefined || line.credit > this.#line(best).credit) best = lane
    }
    if (best !== undefined) this.#line(best).credit -= gained
    return best
  }

  #line(lane: Lane): Line {
    const line = this.#lines.get(lane)
    if (!line) throw new Error(`There is no lane ${lane}.`)
    return line
  }
}
