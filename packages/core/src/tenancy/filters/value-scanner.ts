import type { FilterAction } from './filter-settings.ts'
import { fold } from './fold.ts'
import { type LongValue, longValue, readOn } from './long-values.ts'
import { type Detectors, type Match, type Scanner, type Span, type ValueKind, valueKinds } from './matches.ts'
import { SegmentEnds, segmentLimit, segmentReserve } from './segments.ts'

/** How much of the text before a segment detectors see, in characters. */
const contextLength = 80

/**
 * Finds values of a form. A segment is looked at once, when it is whole, with the same surroundings however the text came. What
 * was found behind a value that goes on is kept until that value is at its end, and isn't looked for again: so each character is
 * shown to the detectors a bounded number of times.
 */
export class ValueScanner implements Scanner {
  readonly #actions: ReadonlyMap<ValueKind, FilterAction>
  readonly #detectors: Detectors
  readonly #ends = new SegmentEnds()
  #found: Match[] = []
  /** What is kept of the text: the context and what isn't settled. `#dropped` characters came before it. */
  #text = ''
  #dropped = 0
  #start = 0
  #long: { readonly kind: ValueKind; readonly value: LongValue } | undefined
  /** The look that isn't done with. */
  #look: Look | undefined

  constructor(actions: ReadonlyMap<ValueKind, FilterAction>, detectors: Detectors) {
    this.#actions = actions
    this.#detectors = detectors
  }

  get settledTo(): number {
    return this.#dropped + this.#start
  }

  push(delta: string): void {
    this.#text += delta
    this.#advance(false)
    const drop = Math.max(0, this.#start - contextLength)
    this.#text = this.#text.slice(drop)
    this.#dropped += drop
    this.#start -= drop
    this.#ends.moved(drop)
  }

  end(): void {
    this.#advance(true)
  }

  take(): readonly Match[] {
    const found = this.#found
    this.#found = []
    return found
  }

  #advance(ended: boolean): void {
    for (;;) {
      if (this.#long !== undefined && !this.#readOn(this.#long, ended)) return
      if (this.#look !== undefined) this.#settle(this.#look)
      else if (!this.#lookOn(ended)) return
    }
  }

  /** Looks for values in the next segment, if its end is to be seen. */
  #lookOn(ended: boolean): boolean {
    const end = this.#ends.find(this.#text, this.#start + segmentLimit)
    if (end !== undefined) this.#lookAt(end, end)
    else if (this.#text.length - this.#start >= segmentLimit)
      this.#lookAt(this.#start + segmentLimit, this.#start + segmentLimit - segmentReserve)
    else if (!ended || this.#start === this.#text.length) return false
    else {
      this.#ends.finish(this.#text)
      this.#lookAt(this.#text.length, this.#text.length)
    }
    return true
  }

  /** Looks for values up to `end`; those that start before `limit` will be settled. */
  #lookAt(end: number, limit: number): void {
    const forced = limit < end
    this.#look = {
      values: forced || !this.#ends.plain ? this.#values(end) : [],
      next: 0,
      cut: forced ? this.#dropped + end : undefined,
      limit: this.#dropped + limit,
    }
  }

  /** Settles what a look found, up to a value that goes on. What lies before the place that is settled was a part of such a one. */
  #settle(look: Look): void {
    const from = this.settledTo
    let settled = look.limit
    for (let value = look.values[look.next]; value !== undefined && value.start < settled; value = look.values[look.next]) {
      look.next++
      if (value.end <= from) continue
      this.#found.push({ kind: value.kind, start: Math.max(value.start, from), end: value.end })
      settled = Math.max(settled, value.end)
      if (value.goesOn === 'key block' || (value.goesOn === 'token' && value.end === look.cut)) {
        this.#long = { kind: value.kind, value: longValue(value.goesOn) }
        this.#start = value.end - this.#dropped
        return
      }
    }
    this.#look = undefined
    this.#start = Math.max(settled, from) - this.#dropped
    this.#ends.begin(this.#start)
  }

  #values(end: number): readonly Value[] {
    const context = Math.max(0, this.#start - contextLength)
    const folded = fold(this.#text.slice(context, end))
    let from = this.#start - context
    while (from > 0 && folded.origin(from - 1) >= this.#start - context) from--
    const values: Value[] = []
    for (const [kind, action] of this.#actions)
      for (const span of this.#detectors[kind](folded.text, from)) {
        const start = this.#dropped + context + folded.origin(span.start)
        values.push({ ...span, kind, action, start, end: this.#dropped + context + folded.origin(span.end) })
      }
    return withoutContained(values)
  }

  /** Goes on with a value that is longer than its segment. Whether it is at its end. */
  #readOn(long: { readonly kind: ValueKind; readonly value: LongValue }, ended: boolean): boolean {
    const { upTo, done } = readOn(long.value, this.#text, this.#start, ended)
    if (upTo > this.#start) this.#found.push({ kind: long.kind, start: this.settledTo, end: this.#dropped + upTo, rest: true })
    this.#start = upTo
    if (done) this.#long = undefined
    return done
  }
}

/** What a look found, by start, and how far it was settled. All places are in the whole text. */
interface Look {
  readonly values: readonly Value[]
  next: number
  /** Where the text was cut by force. */
  readonly cut: number | undefined
  readonly limit: number
}

interface Value extends Span {
  readonly kind: ValueKind
  readonly action: FilterAction
}

/**
 * What lies within another value is part of it and no value of its own: the longer wins, and of two with the same place the kind
 * that comes first in `valueKinds`, being the more special. Values that merely overlap both stand. So does a value within one of
 * another sort about which less is done, since it would be let through with it: an e-mail address to be masked within a
 * credential that is only flagged. But a number is of one kind only: a card isn't also a phone, whatever is done about cards.
 */
function withoutContained(values: Value[]): readonly Value[] {
  values.sort(
    (one, other) =>
      one.start - other.start || other.end - one.end || valueKinds.indexOf(one.kind) - valueKinds.indexOf(other.kind),
  )
  const reached = { flag: -1, mask: -1, block: -1 }
  let numbers = -1
  return values.filter(({ kind, action, end }) => {
    const contained =
      Math.max(reached.block, action === 'block' ? -1 : reached.mask, action === 'flag' ? reached.flag : -1) >= end ||
      (isNumber(kind) && numbers >= end)
    if (!contained) {
      reached[action] = Math.max(reached[action], end)
      if (isNumber(kind)) numbers = Math.max(numbers, end)
    }
    return !contained
  })
}

function isNumber(kind: ValueKind): boolean {
  return kind !== 'email' && kind !== 'credential'
}
