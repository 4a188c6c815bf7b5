import { type ReactNode, useEffect, useState } from 'react'
import { formatDuration } from '../../kit/format.ts'
import type { RequestRow } from './request.ts'
import css from './requests.module.css'
import { type Round, roundsOf, type Span } from './spans.ts'

/** While a request is worked its last stretch grows so often. Milliseconds. */
const beat = 200

/** A request's life to scale: how long it waited and why, and what each attempt came to. */
export function Waterfall({ request }: { readonly request: RequestRow }): ReactNode {
  const now = useNow(request.status === 'processing')
  const notBefore = request.not_before === null ? undefined : Date.parse(request.not_before)
  const rounds = roundsOf(request.timeline, now, notBefore)
  return (
    <div className={css.rounds}>
      {rounds.map((round) => (
        <RoundOf key={round.number} round={round} isOnly={rounds.length === 1} />
      ))}
    </div>
  )
}

function useNow(isMoving: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    setNow(Date.now())
    if (!isMoving) return
    const timer = setInterval(() => setNow(Date.now()), beat)
    return () => clearInterval(timer)
  }, [isMoving])
  return now
}

function RoundOf({ round, isOnly }: { readonly round: Round; readonly isOnly: boolean }): ReactNode {
  const { number, start, end, spans } = round
  const whole = Math.max(1, end - start)
  return (
    <div>
      {!isOnly && <h3 className={css.roundName}>{number === 1 ? 'First round' : `Round ${number}, redriven`}</h3>}
      <div className={css.scale} aria-hidden="true">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <span key={share}>{share === 0 ? '0' : formatDuration(whole * share)}</span>
        ))}
      </div>
      <ol className={css.spans} aria-label={isOnly ? 'Timeline' : `Timeline of round ${number}`}>
        {spans.map((span) => (
          <SpanRow key={`${span.kind} ${span.start} ${span.attempt ?? ''}`} span={span} start={start} whole={whole} />
        ))}
      </ol>
    </div>
  )
}

function SpanRow({ span, start, whole }: { readonly span: Span; readonly start: number; readonly whole: number }): ReactNode {
  const width = `${((span.end - span.start) / whole) * 100}%`
  const left = `${((span.start - start) / whole) * 100}%`
  return (
    <li className={css.span}>
      <span className={css.spanName}>{nameOf(span)}</span>
      <span className={css.track} aria-hidden="true">
        <span className={css.bar} data-look={lookOf(span)} style={{ left, width }} />
      </span>
      <span className={css.spanTime}>{formatDuration(span.end - span.start)}</span>
      <span className={css.spanNote}>
        {wordOf(span)}
        {span.reason !== undefined && span.reason !== span.outcome && <code>{span.reason}</code>}
      </span>
    </li>
  )
}

function nameOf({ kind, attempt }: Span): string {
  if (kind === 'attempt') return `Attempt ${attempt ?? ''}`.trim()
  return { scheduled: 'Scheduled', queued: 'Queued', capacity: 'Waiting', pause: 'Pause' }[kind]
}

/** How an attempt went; why something waits. */
function wordOf({ kind, outcome }: Span): ReactNode {
  if (outcome === undefined) return <strong>{kind === 'attempt' ? 'at work' : 'now'}</strong>
  if (kind === 'attempt')
    return <span data-outcome={lookOf({ kind, outcome })}>{outcome === 'retrying' ? 'failed in passing' : outcome}</span>
  if (outcome !== 'started' && outcome !== 'waiting')
    return <span data-outcome={outcome === 'cancelled' ? 'wait' : 'bad'}>{outcome}</span>
  return {
    scheduled: 'until it may be worked',
    queued: 'until a worker took it',
    capacity: 'for capacity',
    pause: 'before the next attempt',
  }[kind]
}

function lookOf({ kind, outcome }: Pick<Span, 'kind' | 'outcome'>): string {
  if (kind !== 'attempt') return 'wait'
  if (outcome === undefined) return 'running'
  if (outcome === 'completed') return 'good'
  return outcome === 'failed' || outcome === 'expired' ? 'bad' : outcome === 'cancelled' ? 'wait' : 'warn'
}
