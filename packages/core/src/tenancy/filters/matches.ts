import type { FilterAction, FilterKind } from './filter-settings.ts'

/** Kinds that are values of a form, found by a detector within a segment of the text; of two at one place the first counts. */
export const valueKinds = ['credential', 'iban', 'payment_card', 'ssn', 'ip_address', 'phone', 'email'] as const
export type ValueKind = (typeof valueKinds)[number]

/** A place in the text that a detector was given, in UTF-16 code units. */
export interface Span {
  readonly start: number
  readonly end: number
  /** The value may be longer than what was shown: what follows belongs to it as long as it looks like it. */
  readonly goesOn?: 'token' | 'key block'
}

/**
 * Finds the values of one kind in `text` that start at or after `from`; what stands before is context only. The text is folded
 * (see `fold`). Its end is the end of a word or of the whole text. Promise: no value but one that `goesOn` is longer than 400
 * characters, and the work is linear in the length of the text.
 */
export type Detect = (text: string, from: number) => Iterable<Span>
export type Detectors = { readonly [Kind in ValueKind]: Detect }

/** A place in the whole text where something of a kind stands. */
export interface Match {
  readonly kind: FilterKind
  readonly start: number
  readonly end: number
  /** The rest of a value whose beginning was a match of its own: masked with it, not counted again. */
  readonly rest?: true
}

export interface Finding {
  readonly kind: FilterKind
  readonly action: FilterAction
  readonly count: number
}

/** What the filters made of a text. */
export interface Filtered {
  /** Empty when the text is blocked. */
  readonly text: string
  /** A line for each kind that was found, in the order of `filterKinds`. Counts, never values. */
  readonly findings: readonly Finding[]
  /** The kind that refused the text: of several the first in the order of `filterKinds`. */
  readonly blocked?: FilterKind
}

/** One way of looking at a growing text. */
export interface Scanner {
  push(delta: string): void
  end(): void
  /** Matches found since the last call, by start. None that comes later starts before `settledTo`. */
  take(): readonly Match[]
  readonly settledTo: number
}
