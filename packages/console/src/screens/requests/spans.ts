import type { Entry } from './request.ts'

/** A stretch of a request's life: it waits, or an attempt runs. */
export interface Span {
  readonly kind: 'scheduled' | 'queued' | 'capacity' | 'attempt' | 'pause'
  /** Of an attempt. */
  readonly attempt?: number
  /** Milliseconds UTC. */
  readonly start: number
  readonly end: number
  /** The type of the entry that ended it; absent while it goes on, `cut off` where the next attempt began without a word. */
  readonly outcome?: string
  /** Why it ended so, or why it waits: a stable code. */
  readonly reason?: string
}

/** What happened between a request's acceptance, or a redrive, and its end. */
export interface Round {
  readonly number: number
  readonly start: number
  readonly end: number
  readonly spans: readonly Span[]
}

type Open = Pick<Span, 'kind' | 'start' | 'attempt' | 'reason'>

const ends = new Set(['completed', 'failed', 'cancelled', 'expired'])

/**
 * The stretches that a timeline's entries mark, in rounds: each has a scale of its own, as days may lie between them.
 * @param now where what goes on has come to, milliseconds UTC.
 */
export function roundsOf(timeline: readonly Entry[], now: number, notBefore?: number): readonly Round[] {
  const rounds: Round[] = []
  let entries: Entry[] = []
  for (const entry of timeline) {
    if (entry.type === 'redriven' && entries.length > 0) {
      rounds.push(roundOf(rounds.length + 1, entries, now, notBefore))
      entries = []
    }
    entries.push(entry)
  }
  if (entries.length > 0) rounds.push(roundOf(rounds.length + 1, entries, now, notBefore))
  return rounds
}

function roundOf(number: number, entries: readonly Entry[], now: number, notBefore = 0): Round {
  const spans: Span[] = []
  const start = Date.parse(entries[0]?.at ?? '')
  let open: Open | undefined
  const close = (at: number, outcome?: string, reason?: string): void => {
    if (!open) return
    const own = reason ?? open.reason
    spans.push({ ...open, end: Math.max(open.start, at), ...(outcome && { outcome }), ...(own && { reason: own }) })
    open = undefined
  }
  for (const { type, at: text, attempt, detail } of entries) {
    const at = Date.parse(text)
    if (type === 'received' || type === 'redriven') open = { kind: notBefore > at ? 'scheduled' : 'queued', start: at }
    else if (type === 'started') {
      if (open?.kind === 'attempt') close(at, 'cut off')
      else if (open?.kind === 'scheduled' && notBefore < at) {
        close(notBefore, type)
        open = { kind: 'queued', start: notBefore }
        close(at, type)
      } else close(at, type)
      open = { kind: 'attempt', start: at, ...(attempt !== undefined && { attempt }) }
    } else if (type === 'waiting') {
      close(at, type)
      open = { kind: 'capacity', start: at, ...(detail && { reason: detail }) }
    } else {
      close(at, type, open?.kind === 'attempt' || ends.has(type) ? detail : undefined)
      if (type === 'throttled' || type === 'retrying') open = { kind: 'pause', start: at }
    }
  }
  const last = entries.at(-1)
  if (last && !ends.has(last.type)) close(Math.max(now, Date.parse(last.at)))
  return { number, start, end: spans.at(-1)?.end ?? start, spans }
}
