import type { Match, Scanner } from '../matches.ts'
import { passageEnd } from './passages.ts'
import { type ReadSignals, signalsOf } from './signals.ts'

/** A passage counts as injection when the signals in it and shortly before it weigh this much together. */
const threshold = 1
/** How long a signal counts, in characters. */
const memory = 2000
/** How much of the text before a passage is read with it, for what runs over its beginning. */
const overlap = 80

/**
 * Finds passages that look like an attempt to take the model over. Nothing is certain here: each signal has a weight, the same signal
 * counts once, and only what comes together makes a finding. All work is bounded by the passage.
 */
export class InjectionScanner implements Scanner {
  readonly #signals: ReadSignals
  readonly #recent = new Map<string, { readonly weight: number; readonly at: number }>()
  #found: Match[] = []
  #text = ''
  #dropped = 0
  #start = 0
  #seen = 0

  constructor(signals: ReadSignals = signalsOf) {
    this.#signals = signals
  }

  get settledTo(): number {
    return this.#dropped + this.#start
  }

  push(delta: string): void {
    this.#text += delta
    for (let end = this.#nextEnd(); end !== undefined; end = this.#nextEnd()) this.#look(end)
    this.#seen = this.#text.length
    const drop = Math.max(0, this.#start - overlap)
    this.#text = this.#text.slice(drop)
    this.#dropped += drop
    this.#start -= drop
    this.#seen -= drop
  }

  end(): void {
    if (this.#start < this.#text.length) this.#look(this.#text.length)
  }

  take(): readonly Match[] {
    const found = this.#found
    this.#found = []
    return found
  }

  #nextEnd(): number | undefined {
    return passageEnd(this.#text, this.#start, this.#seen)
  }

  #look(end: number): void {
    const from = Math.max(0, this.#start - overlap)
    const signals = this.#signals(this.#text.slice(from, this.#start), this.#text.slice(this.#start, end))
    const at = this.#dropped + end
    for (const [name, weight] of signals)
      this.#recent.set(name, { weight: Math.max(weight, this.#recent.get(name)?.weight ?? 0), at })
    let total = 0
    for (const [name, signal] of this.#recent) {
      if (signal.at < at - memory) this.#recent.delete(name)
      else total += signal.weight
    }
    if (signals.size > 0 && total >= threshold)
      this.#found.push({ kind: 'prompt_injection', start: this.#dropped + this.#start, end: at })
    this.#start = end
    this.#seen = end
  }
}
