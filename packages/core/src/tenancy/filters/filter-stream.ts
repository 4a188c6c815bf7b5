import { UnavailableError } from '../../errors.ts'
import { builtInDetectors } from './detectors/detectors.ts'
import { type FilterKind, type FilterRules, type FilterSettings, filterKinds } from './filter-settings.ts'
import { isHalf, Masking, type Piece } from './masking.ts'
import type { Detectors, Finding, Match, Scanner } from './matches.ts'
import { scannersFor } from './scanners.ts'

/** A prompt on its way in, or an answer on its way out. */
export type Direction = 'input' | 'output'

/**
 * A tenant's filters over a text that comes in parts. What `push` and `end` give makes exactly the text that
 * `applyTenantFilters` gives for the whole, however it was split, and no part of a masked value is ever given out.
 *
 * Held back are at most 1,200 characters while something is masked, usually a word or two; nothing when rules only flag or cut;
 * everything until the end when a rule may block, since what was shown can't be taken back. Throws `filter_failed` when a
 * filter fails, from then on always, and gives out nothing more.
 */
export class FilterStream {
  readonly #rules: FilterRules
  readonly #scanners: readonly { readonly scanner: Scanner; readonly masks: boolean }[]
  readonly #masking = new Masking()
  readonly #counts = new Map<FilterKind, number>()
  /** Places that are counted, where they may be found twice. */
  readonly #places: Set<string> | undefined
  readonly #blocks: boolean
  readonly #limit: number | undefined
  #received = 0
  #given = 0
  #held = ''
  #failure: UnavailableError | undefined

  /** @param surroundings what was found in it before, when it was read together with what stands around it. */
  constructor(
    settings: FilterSettings,
    direction: Direction,
    detectors: Detectors = builtInDetectors,
    surroundings: readonly Match[] = [],
  ) {
    this.#rules = settings[direction]
    this.#blocks = Object.values(this.#rules).includes('block')
    this.#limit = this.#rules.size === undefined ? undefined : settings.max_characters
    this.#places = surroundings.length === 0 ? undefined : new Set()
    const scanners = scannersFor(settings, direction, detectors)
    const found = surroundings.length === 0 ? [] : [{ scanner: foundBefore(surroundings), masks: false }]
    this.#scanners = [...found, ...scanners]
  }

  /** A kind that refuses the text, as soon as one is found; what comes can only add to it. */
  get blocked(): FilterKind | undefined {
    return filterKinds.find((kind) => this.#rules[kind] === 'block' && this.#counts.has(kind))
  }

  /** What was found so far. */
  get findings(): readonly Finding[] {
    return filterKinds.flatMap((kind) => {
      const action = this.#rules[kind]
      const count = this.#counts.get(kind)
      return action === undefined || count === undefined ? [] : [{ kind, action, count }]
    })
  }

  /** Takes the next part, and gives what may be shown now. */
  push(delta: string): string {
    return this.#safely(() => {
      this.#received += delta.length
      this.#masking.push(delta)
      for (const { scanner } of this.#scanners) scanner.push(delta)
      return this.#release(false)
    })
  }

  /** Gives the rest. Nothing may be pushed after it. */
  end(): string {
    return this.#safely(() => {
      for (const { scanner } of this.#scanners) scanner.end()
      return this.#release(true)
    })
  }

  #release(ended: boolean): string {
    let settled = this.#received
    for (const { scanner, masks } of this.#scanners) {
      const matches = scanner.take()
      for (const match of matches) this.#count(match)
      this.#masking.add(matches.filter(({ kind }) => this.#rules[kind] === 'mask'))
      if (masks && !ended) settled = Math.min(settled, scanner.settledTo)
    }
    const text = this.#cut(this.#masking.take(settled, ended))
    if (!this.#blocks) return text
    if (this.blocked !== undefined) this.#held = ''
    else this.#held += text
    if (!ended) return ''
    return this.blocked === undefined ? this.#held : ''
  }

  /** Sees to the size: of the text as it came, or, where it is cut to size, as it is given out. A mark is never cut in two. */
  #cut(pieces: readonly Piece[]): string {
    const limit = this.#limit ?? Number.POSITIVE_INFINITY
    if (this.#rules.size !== 'mask') {
      if (this.#received > limit) this.#counts.set('size', 1)
      return pieces.map(({ text }) => text).join('')
    }
    let given = ''
    for (const { text, mark } of pieces) {
      if (this.#counts.has('size')) break
      const room = limit - this.#given - given.length
      if (text.length > room) this.#counts.set('size', 1)
      if (text.length <= room) given += text
      else if (!mark) given += text.slice(0, isHalf(text.charCodeAt(room - 1)) ? room - 1 : room)
    }
    this.#given += given.length
    return given
  }

  #count({ kind, start, end, rest }: Match): void {
    if (this.#places) {
      const place = `${kind} ${start} ${end}`
      if (this.#places.has(place)) return
      this.#places.add(place)
    }
    if (rest !== undefined) return
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  #safely(work: () => string): string {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return work()
    } catch (cause) {
      this.#failure = new UnavailableError('filter_failed', 'A filter of this tenant failed; nothing was let through.', { cause })
      this.#held = ''
      throw this.#failure
    }
  }
}

/** Matches that are known from the beginning. */
function foundBefore(matches: readonly Match[]): Scanner {
  let found = matches
  return {
    push() {},
    end() {},
    take() {
      const all = found
      found = []
      return all
    },
    settledTo: Number.POSITIVE_INFINITY,
  }
}
