import { type Lane, laneWeights, tenantWeights } from '../ports/queue.ts'

const lanes = Object.keys(laneWeights) as readonly Lane[]
/** So many turns of tenants that left are remembered in a lane; one that is forgotten joins like any other. */
const mostKept = 1_000

/** Whose job is next. */
export interface Turn {
  readonly lane: Lane
  readonly tenant: string
}

/** A tenant that has something ready in a lane. */
interface Place {
  readonly tenant: string
  ready: number
  /** When its turn is, in the lane's own time. */
  turn: number
  /** Of two turns at one time, the one that was given first comes first. */
  order: number
  rank: Rank | undefined
  before: Place | undefined
  after: Place | undefined
}

/** The places of tenants of one weight, in order of their turns. A turn that is given anew is never before one that stands there. */
interface Rank {
  readonly weight: number
  first: Place | undefined
  last: Place | undefined
}

interface Line {
  readonly lane: Lane
  readonly places: Map<string, Place>
  /** Only such that have places. */
  readonly ranks: Rank[]
  /** The turns of tenants that had to leave before them. */
  readonly kept: Map<string, number>
  /** The lane's own time: the turn that was taken last. */
  time: number
  credit: number
}

/**
 * Decides whose job is next.
 *
 * Lanes go by smooth weighted round robin (the method of nginx's upstreams): every lane that has something gains its weight,
 * the richest is served and pays what all gained.
 *
 * Tenants of a lane go by start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queuing", IEEE/ACM Transactions on
 * Networking 5(5), 1997), where a job costs 1/weight of the lane's time: whoever was served at t has its next turn at
 * t + 1/weight. Equal weights take turns one by one. A tenant that had nothing ready joins as if it had just been served, so that
 * coming and going gains nothing, and nothing has to be remembered of who was served. While a tenant of weight w has work, it gets
 * at least w/W of any n takes of its lane, but for one take for each tenant there and one more (W: the weights of all of them).
 *
 * It only counts; the jobs stay where they are, so that a million of them cost no memory here. A take looks at one place for
 * each weight that occurs, whatever the number of tenants.
 */
export class LaneTurns {
  readonly #lines: Readonly<Record<Lane, Line>> = { high: emptyLine('high'), normal: emptyLine('normal'), low: emptyLine('low') }
  /** Of tenants with another weight than the usual. */
  readonly #weights = new Map<string, number>()
  #orders = 0

  /** So many more jobs of a tenant are ready. @param weight as for {@link weigh}; absent: what was said last. */
  add(lane: Lane, tenant: string, amount: number, weight?: number): void {
    if (weight !== undefined) this.weigh(tenant, weight)
    if (amount <= 0) return
    const line = this.#lines[lane]
    const place = line.places.get(tenant)
    if (place) place.ready += amount
    else {
      const made: Place = { tenant, ready: amount, turn: 0, order: 0, rank: undefined, before: undefined, after: undefined }
      line.places.set(tenant, made)
      this.#queue(line, made, line.kept.get(tenant))
      line.kept.delete(tenant)
    }
  }

  /** From its next turn on a tenant has this weight, brought to a whole number within {@link tenantWeights}. */
  weigh(tenant: string, weight: number): void {
    const whole = Math.min(tenantWeights.most, Math.max(tenantWeights.least, Math.round(weight))) || tenantWeights.usual
    if (whole === tenantWeights.usual) this.#weights.delete(tenant)
    else this.#weights.set(tenant, whole)
  }

  /** Whose turn it is, without taking it. */
  peek(): Turn | undefined {
    const line = this.#nextLine()
    const place = line && firstPlace(line)
    return place && { lane: line.lane, tenant: place.tenant }
  }

  /** Takes the next turn: one job less of that tenant. Undefined when nothing is ready. */
  take(): Turn | undefined {
    const line = this.#nextLine()
    const place = line && firstPlace(line)
    if (!place) return undefined
    this.#pay(line)
    line.time = place.turn
    unlink(line, place)
    if (--place.ready > 0) this.#queue(line, place)
    else line.places.delete(place.tenant)
    return { lane: line.lane, tenant: place.tenant }
  }

  /** So many of a tenant's jobs are gone without a turn. When it comes back, its turn is when it would have been. */
  remove({ lane, tenant }: Turn, amount: number): void {
    const line = this.#lines[lane]
    const place = line.places.get(tenant)
    if (!place) return
    place.ready -= amount
    if (place.ready > 0) return
    unlink(line, place)
    line.places.delete(tenant)
    line.kept.set(tenant, place.turn)
    const [oldest] = line.kept.size > mostKept ? line.kept.keys() : []
    if (oldest !== undefined) line.kept.delete(oldest)
  }

  /** The tenant has nothing more there after all. */
  clear(turn: Turn): void {
    this.remove(turn, Number.POSITIVE_INFINITY)
  }

  /** Gives a place its turn, among those of its tenant's weight. @param kept the turn that it had and didn't have. */
  #queue(line: Line, place: Place, kept?: number): void {
    const weight = this.#weights.get(place.tenant) ?? tenantWeights.usual
    let rank = line.ranks.find((each) => each.weight === weight)
    if (!rank) {
      rank = { weight, first: undefined, last: undefined }
      line.ranks.push(rank)
    }
    place.turn = kept === undefined ? line.time + 1 / weight : Math.max(line.time, kept)
    place.order = this.#orders++
    place.rank = rank
    let after = kept === undefined ? undefined : rank.first
    while (after && after.turn <= place.turn) after = after.after
    place.after = after
    place.before = after ? after.before : rank.last
    if (place.before) place.before.after = place
    else rank.first = place
    if (after) after.before = place
    else rank.last = place
  }

  #nextLine(): Line | undefined {
    let best: Line | undefined
    for (const lane of lanes) {
      const line = this.#lines[lane]
      if (line.places.size === 0) continue
      if (best === undefined || line.credit + laneWeights[lane] > best.credit + laneWeights[best.lane]) best = line
    }
    return best
  }

  #pay(served: Line): void {
    for (const lane of lanes) {
      const line = this.#lines[lane]
      if (line.places.size === 0) continue
      line.credit += laneWeights[lane]
      served.credit -= laneWeights[lane]
    }
  }
}

function emptyLine(lane: Lane): Line {
  return { lane, places: new Map(), ranks: [], kept: new Map(), time: 0, credit: 0 }
}

/** The place with the next turn: the first of one of the ranks. */
function firstPlace({ ranks }: Line): Place | undefined {
  let best: Place | undefined
  for (const { first } of ranks) {
    if (!first) continue
    if (best === undefined || first.turn < best.turn || (first.turn === best.turn && first.order < best.order)) best = first
  }
  return best
}

function unlink(line: Line, { rank, before, after }: Place): void {
  if (!rank) return
  if (before) before.after = after
  else rank.first = after
  if (after) after.before = before
  else rank.last = before
  if (!rank.first) line.ranks.splice(line.ranks.indexOf(rank), 1)
}
