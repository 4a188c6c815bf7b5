import type { ReactNode } from 'react'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { useCost } from '../../kit/cost.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { formatCount, formatDuration, formatTime, formatUsd } from '../../kit/format.ts'
import { streamAddress } from './addresses.ts'
import type { Alert, Stream } from './answers.ts'

/** What a stream came to, and what it saved. */
export function StreamFigures({ stream }: { readonly stream: Stream }): ReactNode {
  const { name, records, anomalies, incidents, lag_ms, last_record_at, model_calls, late, duplicates, quarantined } = stream
  const { made, usd, saved, saved_usd, call_per_record: each } = model_calls
  const costOf = useCost()
  const mayAlerts = useMay('alerts:read')
  const open = itemsOf(
    useList<Alert>('/api/alerts', { stream: name, status: 'open' }, { enabled: mayAlerts, refetchInterval: 5_000 }),
  ).length
  const aside = [
    late > 0 ? `${formatCount(late)} late` : '',
    duplicates > 0 ? `${formatCount(duplicates)} sent twice` : '',
    quarantined > 0 ? `${formatCount(quarantined)} set aside` : '',
  ].filter(Boolean)
  return (
    <Figures>
      <Figure
        name="Records"
        value={formatCount(records)}
        hint={
          aside.length > 0 ? aside.join(', ') : last_record_at === null ? 'none yet' : `last at ${formatTime(last_record_at)}`
        }
      />
      <Figure
        name="Anomalies"
        value={formatCount(anomalies)}
        hint={incidents === 1 ? 'in 1 incident' : `in ${formatCount(incidents)} incidents`}
        to={streamAddress(name, { tab: 'incidents' })}
      />
      {mayAlerts && (
        <Figure
          name="Open alerts"
          value={open}
          hint="one of each type for an incident"
          to={streamAddress(name, { tab: 'alerts' })}
        />
      )}
      <Figure name="Lag" value={formatDuration(lag_ms)} hint="from record to result" />
      <Figure name="Model calls" value={formatCount(made)} hint={`${formatCount(saved)} saved; cost: ${costOf(usd)}`} />
      <Figure
        name="Saved"
        value={formatUsd(saved_usd)}
        hint={
          <span title={`${each.input_tokens} tokens in, ${each.output_tokens} out: ${formatUsd(each.usd)} a call`}>
            against one call per record, {shortModel(each.model_id)}
          </span>
        }
      />
    </Figures>
  )
}

/** Without the maker, the date and the version: `claude-haiku-4-5`. */
function shortModel(id: string): string {
  return id.replace(/^[a-z-]+[./]/, '').replace(/-\d{8}.*$|-v\d+:\d+$/, '')
}
