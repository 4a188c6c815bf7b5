import type { Guess } from './service-guess.ts'

/** A call that n others were begun after counts e^(-n/memory). */
const timesMemory = 1_000
const perOctave = 4
/** Up to 2^24 ms, which is 4.6 hours. */
const bins = 24 * perOctave
const middles: Float64Array = Float64Array.from({ length: bins }, (_, bin) => 2 ** ((bin + 0.5) / perOctave))
/** The guess counts as so many calls, less and less until so many were measured. */
const guessWeight = 8
const guessUntil = 128
/** A guess may be wrong by a factor of e, where calls differ by e^0.6 among each other: it counts as 0.6^2 calls as to their level. */
const levelDoubt = 0.36
/** And as so many as to how much they differ. */
const spreadDoubt = 4
/** One call in fifty is taken to follow a tail that falls with the square, so that no silence is impossible. */
const tail = 0.02
const above90 = 0.1
const newtonSteps = 4
/** Running calls are looked at again after so long at least, milliseconds. */
const leastAgeing = 20
/** Faults are remembered for so many calls: they come in spells. */
const faultMemory = 24
/** The 90% quantile of a standard normal distribution. */
export const z90 = 1.2816
/** Beyond this a few extremes decide, which say nothing of the next hundred calls. */
const mostVariation = 16

/** A call that runs. */
export interface RunningCall {
  readonly at: number
  /** What it counts: by when it began, so that the last ones of a burst to end, which are its long ones, don't count most. */
  weight: number
  /** Where it stands among those that run. */
  slot: number
}

/**
 * One tenant's times of one model: a histogram with four bins an octave that forgets, and the calls that run.
 *
 * The distribution is the estimator of Susarla and Van Ryzin ("Nonparametric Bayesian estimation of survival curves from
 * incomplete observations", JASA 71, 1976): the measured times, the guess as a few more, and each running call as one that lasts
 * at least as long as it has. Without the last, a burst's first ends, which are its short calls, would pass for all of them.
 */
export class ServiceTimes {
  readonly #guess: Guess
  readonly #counts = new Float32Array(bins)
  /** What the next call weighs; the others' weights fall by this one's growing. */
  #weight = 1
  #total = 0
  #sum = 0
  #logs = 0
  #squaredLogs = 0
  #seen = 0
  readonly #calls: RunningCall[] = []
  #due = 0
  #dueAt = Number.NEGATIVE_INFINITY

  /** Milliseconds. */
  mean = 0
  /** The 90th percentile, milliseconds. */
  p90 = 0
  /** Variance over squared mean. */
  variation = 0
  /** The squared relative error of the mean, over `variation`. */
  doubt = 0
  /** The part of the workers that can work at a time, where nothing was seen of it. */
  readonly part: number
  /** The share of calls that ended in a fault and came back, of late; and how long that took, milliseconds. */
  failing = 0
  pause = 1_000

  constructor(guess: Guess) {
    this.#guess = guess
    this.part = guess.part
  }

  /** How many calls were measured, those long ago less. */
  get amount(): number {
    return this.#total / this.#weight
  }

  begin(now: number): RunningCall {
    this.#weight /= 1 - 1 / timesMemory
    if (this.#weight > 1e6) this.#rescale()
    const call = { at: now, weight: this.#weight, slot: this.#calls.length }
    this.#calls.push(call)
    return call
  }

  /** @param pause how long it takes until the request is tried again, when it is. */
  end(call: RunningCall, now: number, pause?: number): void {
    this.drop(call)
    const milliseconds = Math.max(1, now - call.at)
    this.#observe(milliseconds, call.weight)
    this.failing += ((pause === undefined ? 0 : 1) - this.failing) / faultMemory
    if (pause !== undefined) this.pause += (milliseconds + pause - this.pause) / faultMemory
  }

  /** A call that says nothing: it was ended from outside. */
  drop(call: RunningCall): void {
    const last = this.#calls.pop()
    if (last && last !== call) {
      this.#calls[call.slot] = last
      last.slot = call.slot
    }
  }

  /** Brings the summary up to date: at each call while there are few, then after some; and as running calls grow old. */
  refresh(now: number): void {
    if (this.#seen < this.#due && now < this.#dueAt) return
    this.#summarise(now)
    this.#due = this.#seen + Math.max(1, Math.min(32, this.#seen >> 3))
    const ageing = Math.max(leastAgeing, this.mean / (this.amount < guessUntil ? 8 : 2))
    this.#dueAt = this.#calls.length > 0 ? now + ageing : Number.POSITIVE_INFINITY
  }

  #observe(milliseconds: number, weight: number): void {
    const log = Math.log(milliseconds)
    const bin = binOf(milliseconds)
    this.#counts[bin] = (this.#counts[bin] ?? 0) + weight
    this.#total += weight
    this.#sum += weight * milliseconds
    this.#logs += weight * log
    this.#squaredLogs += weight * log * log
    this.#seen++
  }

  #rescale(): void {
    const scale = 1 / this.#weight
    for (let bin = 0; bin < bins; bin++) this.#counts[bin] = (this.#counts[bin] ?? 0) * scale
    this.#total *= scale
    this.#sum *= scale
    this.#logs *= scale
    this.#squaredLogs *= scale
    for (const call of this.#calls) call.weight *= scale
    this.#weight = 1
  }

  #summarise(now: number): void {
    const { amount } = this
    if (amount === 0 && this.#calls.length === 0) this.#expect()
    else this.#measure(now)
    // Kish's effective number of an exponentially weighted sample.
    const effective = (2 * amount) / (2 - Math.min(1, amount / timesMemory))
    this.doubt = effective / (effective + 2) ** 2
  }

  /** Nothing is known but the guess: the figures of a lognormal distribution. */
  #expect(): void {
    const { logMedian, sigma } = this.#guess
    this.mean = Math.exp(logMedian + sigma ** 2 / 2)
    this.p90 = Math.exp(logMedian + z90 * sigma)
    this.variation = Math.expm1(sigma ** 2)
  }

  #measure(now: number): void {
    lasting.fill(0)
    agesSeen.length = 0
    for (const { at, weight } of this.#calls) {
      const bin = binOf(now - at)
      if (lasting[bin] === 0) agesSeen.push(bin)
      lasting[bin] = (lasting[bin] ?? 0) + weight / this.#weight
    }
    const guessed = guessWeight * Math.max(0, 1 - this.amount / guessUntil)
    this.#weigh(guessed > 0 ? this.#learn() : this.#guess, guessed)
    this.#survive()
    this.#sharpen()
  }

  /**
   * The guess with its level moved to where the calls are, those that run included: the posterior mode of a censored normal
   * distribution of logarithms, by Newton's method.
   */
  #learn(): Guess {
    const guess = this.#guess
    const { amount } = this
    const mean = amount > 0 ? this.#logs / this.#total : 0
    const variance = amount > 0 ? Math.max(0, this.#squaredLogs / this.#total - mean * mean) : 0
    // Those that end first are like each other: how much calls differ is told by what ends beyond those that run.
    const sigma = spreadOf(guess, Math.max(0, amount - this.#calls.length), variance)
    let level = guess.logMedian
    let information = levelDoubt
    for (let step = 0; step < newtonSteps; step++) {
      let slope = levelDoubt * (guess.logMedian - level) + amount * (mean - level)
      information = levelDoubt + amount
      for (const bin of agesSeen) {
        const running = lasting[bin] ?? 0
        const z = (logMiddles(bin) - level) / sigma
        const hazard = hazardOf(z)
        slope += running * sigma * hazard
        information += running * hazard * (hazard - z)
      }
      level += slope / information
    }
    // What is learned from few is uncertain, and widens what is to be expected.
    const learned = information - levelDoubt
    return { ...guess, logMedian: level, sigma: sigma * Math.sqrt(1 + learned / information ** 2) }
  }

  /** The measured calls, and so many by the guess. */
  #weigh({ logMedian, sigma }: Guess, guessed: number): void {
    const scale = 1 / this.#weight
    let above = 1
    for (let bin = 0; bin < bins; bin++) {
      let events = (this.#counts[bin] ?? 0) * scale
      if (guessed > 0) {
        const upper = (Math.LN2 * (bin + 1)) / perOctave - logMedian
        // Seven deviations below, nothing has ended.
        const beyond = upper < -7 * sigma ? 1 : (1 - tail) * normalTail(upper / sigma) + tail * Math.min(1, Math.exp(-2 * upper))
        events += guessed * (above - beyond)
        above = beyond
      }
      ended[bin] = events
    }
  }

  #survive(): void {
    let risk = 0
    for (let bin = 0; bin < bins; bin++) risk += (ended[bin] ?? 0) + (lasting[bin] ?? 0)
    let surviving = 1
    let mean = 0
    let square = 0
    let p90 = 0
    let last = 1
    for (let bin = 0; bin < bins; bin++) {
      const events = ended[bin] ?? 0
      const censored = lasting[bin] ?? 0
      // Those that run are taken to have come half way through their bin.
      const next = risk > 1e-9 ? surviving * (1 - Math.min(1, events / (risk - censored / 2))) : surviving
      const mass = surviving - next
      const at = middles[bin] ?? 0
      if (p90 === 0 && next <= above90) p90 = 2 ** ((bin + (mass > 0 ? (surviving - above90) / mass : 1)) / perOctave)
      if (mass > 1e-9) last = at
      mean += mass * at
      square += mass * at * at
      risk -= events + censored
      surviving = next
    }
    this.mean = mean + surviving * last
    this.p90 = p90 === 0 ? last : p90
    this.variation = Math.min(mostVariation, Math.max(0, (square + surviving * last * last) / this.mean ** 2 - 1))
  }

  /** Replaces the bins' middles in the mean by what was measured: calls that always last the same lie beside them. */
  #sharpen(): void {
    if (this.#total === 0) return
    let binned = 0
    let all = 0
    for (let bin = 0; bin < bins; bin++) {
      binned += (this.#counts[bin] ?? 0) * (middles[bin] ?? 0)
      all += ended[bin] ?? 0
    }
    this.mean *= 1 + (this.#sum / binned - 1) * (this.#total / this.#weight / all)
  }
}

// Scratch for one summary: summaries don't interleave.
const ended = new Float64Array(bins)
const lasting = new Float64Array(bins)
/** The bins of `lasting` that hold something. */
const agesSeen: number[] = []

/** The standard deviation of logarithms, of a guess after so many measured calls. */
function spreadOf({ sigma }: Guess, amount: number, variance: number): number {
  return Math.max(0.05, Math.sqrt((spreadDoubt * sigma ** 2 + amount * variance) / (spreadDoubt + amount)))
}

function binOf(milliseconds: number): number {
  return milliseconds <= 1 ? 0 : Math.min(bins - 1, Math.floor(Math.log2(milliseconds) * perOctave))
}

function logMiddles(bin: number): number {
  return ((bin + 0.5) * Math.LN2) / perOctave
}

/** φ(z) / (1 - Φ(z)). */
function hazardOf(z: number): number {
  if (z > 6) return z + 1 / z
  return (0.3989422804 * Math.exp((-z * z) / 2)) / normalTail(z)
}

/** 1 - Φ(z), to seven decimals: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.17. */
function normalTail(z: number): number {
  const size = Math.abs(z)
  const t = 1 / (1 + 0.2316419 * size)
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const beyond = 0.3989422804 * Math.exp((-size * size) / 2) * series
  return z >= 0 ? beyond : 1 - beyond
}
