/** What came of arrivals, by the time at which they were due. @module */
import { latencies } from '../../event-driven/harness/statistics.mjs'

export class Bins {
  #bins = new Map()
  #width
  #deadline

  /** @param deadline milliseconds. */
  constructor({ binSeconds, deadline }) {
    this.#width = binSeconds * 1_000
    this.#deadline = deadline
  }

  at(milliseconds, phase) {
    const index = Math.floor(milliseconds / this.#width)
    const bin =
      this.#bins.get(`${phase} ${index}`) ?? new Bin({ phase, at: (index * this.#width) / 1_000, deadline: this.#deadline })
    this.#bins.set(`${phase} ${index}`, bin)
    return bin
  }

  list() {
    return [...this.#bins.values()].map((bin) => bin.figures())
  }
}

class Bin {
  offered = 0
  #place
  #deadline
  #times = {}
  #good = []
  #refused = []
  #late = 0
  /** Refused without a word of when to come again. */
  #curt = 0
  #failed = {}
  #probes = {}
  #probesFailed = 0

  constructor({ deadline, ...place }) {
    this.#place = place
    this.#deadline = deadline
  }

  answered(kind, { status, retryAfter, milliseconds }) {
    if (status < 300) {
      if (milliseconds > this.#deadline) this.#late++
      else this.#good.push(milliseconds)
      this.#times[kind] ??= []
      this.#times[kind].push(milliseconds)
    } else if (status === 429 || status === 503) {
      this.#refused.push(milliseconds)
      if (retryAfter === undefined) this.#curt++
    } else this.#fail(`${kind} ${status}`)
  }

  broken(error) {
    this.#fail(error.code ?? error.name)
  }

  probed(name, milliseconds, well) {
    this.#probes[name] ??= []
    this.#probes[name].push(milliseconds)
    if (!well) this.#probesFailed++
  }

  figures() {
    return {
      ...this.#place,
      offered: this.offered,
      good: this.#good.length,
      late: this.#late,
      refused: this.#refused.length,
      curt: this.#curt,
      failed: this.#failed,
      answers: latencies(Object.values(this.#times).flat()),
      refusals: latencies(this.#refused),
      byKind: each(this.#times),
      probes: each(this.#probes),
      probesFailed: this.#probesFailed,
    }
  }

  #fail(what) {
    this.#failed[what] = (this.#failed[what] ?? 0) + 1
  }
}

function each(times) {
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, { count: values.length, ...latencies(values) }]))
}
