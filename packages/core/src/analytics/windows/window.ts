/** How a window cuts a key's time. Lengths in milliseconds. */
export type WindowDefinition =
  | { readonly name: string; readonly kind: 'tumbling'; readonly size: number }
  | { readonly name: string; readonly kind: 'sliding'; readonly size: number; readonly slide: number }
  | { readonly name: string; readonly kind: 'session'; readonly gap: number }

/** Of one numeric field's values in one window. Quantiles are within 1 % of a value (relative). */
export interface NumberAggregate {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Of the population. */
  readonly variance: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Of one categorical field's values. */
export interface CategoryAggregate {
  readonly count: number
  /** How many different values; exact when few, else an estimate. */
  readonly distinct: number
}

/** A closed window of one key: what came in it, by event time. Start is in it, end isn't. */
export interface WindowResult {
  readonly window: string
  readonly key: string
  /** Milliseconds UTC. */
  readonly start: number
  readonly end: number
  /** Records. */
  readonly count: number
  /** Records a second. */
  readonly rate: number
  readonly numbers: Readonly<Record<string, NumberAggregate>>
  readonly categories: Readonly<Record<string, CategoryAggregate>>
}
