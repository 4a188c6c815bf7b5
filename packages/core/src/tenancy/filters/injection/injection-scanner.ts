import type { Match, Scanner } from '../matches.ts'
import { passageEnd } from './passages.ts'
import { leadingSignals, type ReadSignals, supportingSignals } from './signals.ts'

/** A passage counts as injection when the signals in it and shortly before it weigh this much together. */
const threshold = 1 - 1e-9
/** How long a signal counts, in characters. */
const memory = 2000
/** How much of the text before a passage is read with it, for what runs over its beginning. */
const overlap = 80

interface Passage {
  readonly before: string
  readonly text: string
  readonly end: number
  readonly signals: ReadonlyMap<string, number>
  supported?: ReadonlyMap<string, number>
}

/**
 * Finds passages that look like an attempt to take the model over. Nothing is certain here: each signal has a weight, the same signal
 * counts once, and only what comes together makes a finding. Signals that harmless texts have as well are looked for only when
 * there is one of the others. All work is bounded by the passage and what is remembered.
 */
export class InjectionScanner implements Scanner {
  readonly #leading: ReadSignals
  readonly #supporting: ReadSignals
  #recent: Passage[] = []
  #found: Match[] = []
  #text = ''
  #dropped = 0
  #start = 0
  #seen = 0

  constructor(leading: ReadSignals = leadingSignals, supporting: ReadSignals = supportingSignals) {
    this.#leading = leading
    this.#supporting = supporting
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

  #look(to: number): void {
    const before = this.#text.slice(Math.max(0, this.#start - overlap), this.#start)
    const text = this.#text.slice(this.#start, to)
    const end = this.#dropped + to
    const passage: Passage = { before, text, end, signals: this.#leading(before, text) }
    this.#recent.push(passage)
    const forgotten = this.#recent.findIndex((earlier) => earlier.end >= end - memory)
    if (forgotten > 0) this.#recent.splice(0, forgotten)
    if (this.#weigh(passage)) this.#found.push({ kind: 'prompt_injection', start: this.#dropped + this.#start, end })
    this.#start = to
    this.#seen = to
  }

  /** Whether a passage adds to what weighs enough. */
  #weigh(passage: Passage): boolean {
    if (!this.#recent.some(({ signals }) => signals.size > 0)) return false
    const weights = new Map<string, number>()
    for (const earlier of this.#recent) {
      earlier.supported ??= this.#supporting(earlier.before, earlier.text)
      for (const [name, weight] of [...earlier.signals, ...earlier.supported])
        weights.set(name, Math.max(weight, weights.get(name) ?? 0))
    }
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
    return total >= threshold && passage.signals.size + (passage.supported?.size ?? 0) > 0
  }
}
