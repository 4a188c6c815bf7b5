import { ChevronDown, ChevronUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { StatusBadge } from '../../kit/badge.tsx'
import { Cost } from '../../kit/cost.tsx'
import { formatCount, formatDuration, formatTime } from '../../kit/format.ts'
import type { VirtualColumn } from '../../kit/virtual-table.tsx'
import { ageOf, type Priority, type RequestRow } from './request.ts'
import { RequestLink } from './request-link.tsx'
import css from './requests.module.css'

/** What the list shows of each request. */
export function requestColumns(): readonly VirtualColumn<RequestRow>[] {
  return [
    { name: 'Status', width: '92px', show: ({ status }) => <StatusBadge status={status} /> },
    {
      name: 'Request',
      width: 'minmax(0, 3fr)',
      show: ({ request_id, error }) => (
        <>
          <RequestLink id={request_id} />
          {error && error.code !== 'cancelled' && <span className={css.why}>{error.code}</span>}
        </>
      ),
    },
    {
      name: 'Model',
      width: 'minmax(0, 1.9fr)',
      isSecondary: true,
      show: ({ model_id }) => <span title={model_id}>{model_id}</span>,
    },
    { name: 'Priority', width: '70px', isSecondary: true, show: ({ priority }) => <PriorityMark priority={priority} /> },
    { name: 'Attempts', width: '64px', isNumber: true, isSecondary: true, show: ({ attempts }) => <Attempts of={attempts} /> },
    {
      name: 'Tokens',
      width: '92px',
      isNumber: true,
      isSecondary: true,
      show: ({ usage }) => (usage ? `${formatCount(usage.input_tokens)} → ${formatCount(usage.output_tokens)}` : '–'),
    },
    {
      name: 'Cost',
      width: '92px',
      isNumber: true,
      isSecondary: true,
      show: ({ usage, model_id }) => (usage ? <Cost usd={usage.usd} modelId={model_id} /> : '–'),
    },
    {
      name: 'Took',
      width: '74px',
      isNumber: true,
      isSecondary: true,
      show: (row) => (row.ended_at === null ? <span className={css.muted}>{waitOf(row)}</span> : formatDuration(ageOf(row))),
    },
    { name: 'Accepted', width: '100px', isNumber: true, show: ({ accepted_at }) => <Moment at={accepted_at} /> },
  ]
}

function waitOf({ not_before, attempts }: RequestRow): string {
  if (not_before !== null && Date.parse(not_before) > Date.now()) return 'scheduled'
  return attempts === 0 ? 'queued' : 'at work'
}

function Moment({ at }: { readonly at: string }): ReactNode {
  return (
    <time dateTime={at} title={at}>
      {formatTime(at)}
    </time>
  )
}

/** More than one start is worth a look. */
function Attempts({ of }: { readonly of: number }): ReactNode {
  return <span className={of > 1 ? css.many : undefined}>{of}</span>
}

function PriorityMark({ priority }: { readonly priority: Priority }): ReactNode {
  const Icon = { high: ChevronUp, normal: undefined, low: ChevronDown }[priority]
  return (
    <span className={priority === 'normal' ? css.muted : css.priority}>
      {Icon && <Icon size={13} aria-hidden="true" />}
      {priority}
    </span>
  )
}
