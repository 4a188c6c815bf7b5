import type { ReactNode } from 'react'
import css from './kit.module.css'

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'neutral'

/** What each state of the API's words means to whoever looks: done well, failed, waiting for somebody, going on. */
const tones: Readonly<Record<string, Tone>> = {
  completed: 'good',
  processed: 'good',
  done: 'good',
  active: 'good',
  recovered: 'good',
  delivered: 'good',
  ok: 'good',
  low: 'info',
  processing: 'info',
  planning: 'info',
  running: 'info',
  pending: 'neutral',
  cancelled: 'neutral',
  skipped: 'neutral',
  awaiting_approval: 'warn',
  acknowledged: 'warn',
  suspended: 'warn',
  medium: 'warn',
  failed: 'bad',
  error: 'bad',
  open: 'bad',
  high: 'bad',
  offboarded: 'bad',
}

export function Badge({ tone = 'neutral', children }: { readonly tone?: Tone; readonly children: ReactNode }): ReactNode {
  return <span className={`${css.badge} ${css[tone] ?? ''}`}>{children}</span>
}

/** A state in the API's own word. */
export function StatusBadge({ status }: { readonly status: string }): ReactNode {
  return <Badge tone={tones[status] ?? 'neutral'}>{status.replaceAll('_', ' ')}</Badge>
}
