import type { JournalEntry } from './journal.ts'

/** What somebody said of a run, or of a step. */
export interface Said {
  readonly word: 'approved' | 'rejected' | 'cancelled' | 'retried'
  readonly at: number
  readonly by: string
  readonly step?: string | undefined
  readonly reason?: string | undefined
}

export function saidBy(entry: JournalEntry & { readonly kind: Said['word'] }): Said {
  const { kind: word, at, by } = entry
  const step = 'step' in entry && entry.step !== undefined ? { step: entry.step } : {}
  return { word, at, by, ...step, ...('reason' in entry ? { reason: entry.reason } : {}) }
}
