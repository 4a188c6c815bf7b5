import { Activity, BookOpen, Bot, Building2, Inbox, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Badge, type Tone } from '../../kit/badge.tsx'
import { formatCount, formatDuration } from '../../kit/format.ts'
import css from './home.module.css'
import type { PatternHealth } from './overview.ts'

interface Place {
  readonly icon: LucideIcon
  readonly to: string
}

/** Where each pattern has its screen. */
const places: Readonly<Record<string, Place>> = {
  'event-driven': { icon: Inbox, to: '/requests' },
  rag: { icon: BookOpen, to: '/knowledge' },
  'multi-agent': { icon: Bot, to: '/agents' },
  analytics: { icon: Activity, to: '/streams' },
  'multi-tenant': { icon: Building2, to: '/tenants' },
}

const tones: Readonly<Record<PatternHealth['status'], Tone>> = { serving: 'good', idle: 'neutral', failing: 'bad' }
const words: Readonly<Record<PatternHealth['status'], string>> = { serving: 'healthy', idle: 'ready', failing: 'failing' }

/** The patterns that are served here, and how their calls went in the last hour. */
export function PatternList({ patterns }: { readonly patterns: readonly PatternHealth[] }): ReactNode {
  return (
    <ul className={css.patterns} aria-label="Patterns">
      {patterns.map((pattern) => (
        <li key={pattern.name} className={css.pattern}>
          <PatternRow pattern={pattern} />
        </li>
      ))}
    </ul>
  )
}

function PatternRow({ pattern }: { readonly pattern: PatternHealth }): ReactNode {
  const { name, title, summary, status, requests, errors, p95_ms } = pattern
  const place = places[name]
  const Icon = place?.icon ?? Activity
  return (
    <>
      <Icon size={18} aria-hidden="true" />
      <div className={css.patternName}>
        {place ? <Link to={place.to}>{title}</Link> : title}
        <p>{summary}</p>
      </div>
      <Badge tone={tones[status]}>{words[status]}</Badge>
      <dl className={css.patternFigures}>
        <div>
          <dt>Calls</dt>
          <dd>{formatCount(requests)}</dd>
        </div>
        <div>
          <dt>Failed</dt>
          <dd>{formatCount(errors)}</dd>
        </div>
        <div>
          <dt>p95</dt>
          <dd>{p95_ms === null ? '–' : formatDuration(p95_ms)}</dd>
        </div>
      </dl>
    </>
  )
}
