import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { Badge, StatusBadge } from '../../kit/badge.tsx'
import { Json } from '../../kit/copy.tsx'
import { Pairs } from '../../kit/figures.tsx'
import { formatDuration, formatShare, formatTime } from '../../kit/format.ts'
import { TimeChart } from '../../kit/time-chart.tsx'
import type { Insight } from './answers.ts'
import { formatNumber, formatValue } from './numbers.ts'
import css from './streams.module.css'

/** One incident: what it is, how bad, why that is thought, and what to do. The worst of its keys stands for it. */
export function IncidentCard({ insights }: { readonly insights: readonly Insight[] }): ReactNode {
  const worst = insights.reduce((one, other) => (rankOf(other) > rankOf(one) ? other : one))
  const { key, timestamp, analysis, evidence, processing_time, data_point } = worst
  const [query] = useSearchParams()
  const others = [...new Set([...insights.map((each) => each.key), ...evidence.related])].filter((each) => each !== key)
  const live = new URLSearchParams(query)
  live.set('tab', 'live')
  live.set('key', key)
  const { finding } = evidence
  // What the statistics say is to be done holds where a model had nothing to say.
  const actions = analysis.recommended_actions.length > 0 ? analysis.recommended_actions : evidence.statistics.recommended_actions
  return (
    <article className={css.incident} data-risk={analysis.risk_level} aria-label={`Incident of ${key}`}>
      <header className={css.incidentHead}>
        <h3>
          <Link to={`?${live}`}>{key}</Link>
          {finding.kind === 'silence' ? ' fell silent' : `: ${finding.field}`}
        </h3>
        <StatusBadge status={analysis.risk_level} />
        <span className={css.note}>{formatTime(timestamp)}</span>
      </header>
      <p>{finding.reason}</p>
      <Recent insight={worst} />
      <ul className={css.patterns} aria-label="Patterns">
        {[...new Set(analysis.patterns)]
          .filter((pattern) => pattern !== finding.reason)
          .map((pattern) => (
            <li key={pattern}>{pattern}</li>
          ))}
      </ul>
      {actions.length > 0 && (
        <div className={css.actions}>
          <h4>What to do</h4>
          <ol>
            {[...new Set(actions)].map((action) => (
              <li key={action}>{action}</li>
            ))}
          </ol>
        </div>
      )}
      <Pairs
        of={[
          ['Priority', `${analysis.alert_priority} of 5`],
          ['Confidence', formatShare(analysis.confidence)],
          [
            'Found by',
            evidence.by === 'model' ? (
              <>
                {evidence.model_id ?? 'a model'}, <span className={css.note}>beside the statistics</span>
              </>
            ) : (
              'statistics, no model was asked'
            ),
          ],
          ...(evidence.note === undefined ? [] : [['Note', evidence.note] as const]),
          [
            'Findings',
            others.length === 0
              ? evidence.findings
              : `${evidence.findings}, of ${Math.max(evidence.keys, others.length + 1)} keys`,
          ],
          ['Told after', formatDuration(processing_time * 1_000)],
        ]}
      />
      {others.length > 0 && (
        <div className={css.related}>
          {others.map((other) => (
            <Badge key={other}>{other}</Badge>
          ))}
        </div>
      )}
      <details>
        <summary>The record at fault</summary>
        <Json value={data_point} what="the record" />
      </details>
      {evidence.by === 'model' && (
        <details>
          <summary>What the statistics say</summary>
          <ul className={css.patterns}>
            {[...new Set(evidence.statistics.patterns)].map((pattern) => (
              <li key={pattern}>{pattern}</li>
            ))}
          </ul>
        </details>
      )}
    </article>
  )
}

/** The values around the one at fault. */
function Recent({ insight }: { readonly insight: Insight }): ReactNode {
  const { field, recent, expected, value, timestamp } = insight.evidence.finding
  if (recent.length < 2) return null
  const times = recent.map(([time]) => Date.parse(time))
  const at = Date.parse(timestamp)
  const edge = (place: 0 | 1): readonly (number | null)[] => times.map(() => expected?.[place] ?? null)
  return (
    <>
      <TimeChart
        name={`${field} of ${insight.key}, the values before`}
        height={140}
        legend={false}
        times={times}
        series={[
          { name: 'Expected up to', colour: '--chart-band', values: edge(1), isEdge: true },
          { name: 'Expected from', colour: '--chart-band', values: edge(0), isEdge: true },
          { name: field, colour: '--chart-1', values: recent.map(([, each]) => each), format: formatNumber },
          {
            name: 'At fault',
            colour: '--bad',
            values: recent.map(([, each], index) => (times[index] === at ? each : null)),
            isMarks: true,
          },
        ]}
        bands={[{ upper: 0, lower: 1, colour: '--chart-band' }]}
      />
      {value !== null && expected && (
        <p className={css.note}>
          {field} was {formatValue(value)}, expected {formatNumber(expected[0])} to {formatNumber(expected[1])}.
        </p>
      )}
    </>
  )
}

function rankOf({ analysis }: Insight): number {
  return ['low', 'medium', 'high'].indexOf(analysis.risk_level) * 10 + analysis.alert_priority
}
