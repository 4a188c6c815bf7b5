import { type Entry, entriesOf } from '../ledger.ts'

/** One call of the model, from its own side. */
export interface ModelCall {
  readonly call: number
  readonly life: number
  readonly mark: string
  readonly bytes: number
  readonly most: number
  /** Undefined: it never ended. */
  readonly end: Extract<Entry, { readonly type: 'ended' }> | undefined
}

/** All calls, in order. */
export function callsOf(entries: readonly Entry[]): readonly ModelCall[] {
  const ends = new Map(entriesOf(entries, 'ended').map((end) => [end.call, end]))
  return entriesOf(entries, 'asked').map(({ type: _, ...asked }) => ({ ...asked, end: ends.get(asked.call) }))
}
