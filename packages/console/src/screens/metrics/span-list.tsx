import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { Pairs } from '../../kit/figures.tsx'
import { formatDuration, formatTime } from '../../kit/format.ts'
import css from './metrics.module.css'
import { type Kind, kinds, type PlacedSpan, type PlacedTrace } from './trace.ts'

/** Pixels a level. */
const indent = 16
const shares = [0, 0.5, 1]

/** Spans to scale, below those that they lie in; each opens to what it tells of itself. */
export function SpanList({ placed: { whole, spans } }: { readonly placed: PlacedTrace }): ReactNode {
  return (
    <>
      <div className={css.scale} aria-hidden="true">
        <span>Span</span>
        <span className={css.ticks}>
          {shares.map((share) => (
            <span key={share}>{share === 0 ? '0' : formatDuration(whole * share)}</span>
          ))}
        </span>
        <span className={css.time}>Duration</span>
      </div>
      <ol className={css.spans} aria-label="Spans">
        {spans.map((placed) => (
          <li key={placed.span.span_id}>
            <SpanRow placed={placed} />
          </li>
        ))}
      </ol>
      <ul className={css.kinds} aria-label="Colours">
        {(Object.keys(kinds) as Kind[]).map((kind) => (
          <li key={kind}>
            <span className={`${css.kind} ${css[kind] ?? ''}`} aria-hidden="true" /> {kinds[kind]}
          </li>
        ))}
      </ul>
    </>
  )
}

function SpanRow({ placed: { span, depth, kind, left, width } }: { readonly placed: PlacedSpan }): ReactNode {
  const hasFailed = span.status === 'error'
  const colour = css[hasFailed ? 'error' : kind] ?? ''
  return (
    <details className={css.span}>
      <summary>
        <span className={css.name} style={{ paddingLeft: depth * indent }}>
          <span className={`${css.kind} ${css[kind] ?? ''}`} aria-hidden="true" />
          <code title={span.name}>{span.name}</code>
          {hasFailed && <Badge tone="bad">{String(span.attributes['error.type'] ?? 'failed')}</Badge>}
        </span>
        <span className={css.track} aria-hidden="true">
          <span className={`${css.bar} ${colour}`} style={{ left: `${left * 100}%`, width: `${width * 100}%` }} />
        </span>
        <span className={css.time}>{formatDuration(span.duration_ms)}</span>
      </summary>
      <div className={css.attributes}>
        <Pairs
          of={[
            ['kind', kinds[kind]],
            ['started', formatTime(span.started_at)],
            ...Object.entries(span.attributes).map(([name, value]) => [name, <code key={name}>{wordsOf(value)}</code>] as const),
          ]}
        />
      </div>
    </details>
  )
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
