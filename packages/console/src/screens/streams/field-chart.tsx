import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { TimeChart } from '../../kit/time-chart.tsx'
import type { Sample } from './feed.ts'
import { formatNumber } from './numbers.ts'
import css from './streams.module.css'

const height = 165

/** One field of one key: its values over the band in which they were expected, anomalies as dots; the newest in words. */
export function FieldChart(props: {
  readonly name: string
  readonly field: string
  readonly samples: readonly Sample[]
}): ReactNode {
  const { name, field, samples } = props
  const own = samples.filter(({ values }) => Object.hasOwn(values, field))
  const newest = own.at(-1)
  const measured = (sample: Sample): number => sample.values[field] ?? 0
  const edge = (place: 0 | 1): readonly (number | null)[] =>
    own.map(({ expected: of }) => (Object.hasOwn(of, field) ? (of[field]?.[place] ?? null) : null))
  const marks = own.map((sample) => (sample.anomalous.includes(field) ? measured(sample) : null))
  const expected = newest && Object.hasOwn(newest.expected, field) ? newest.expected[field] : undefined
  const anomalies = marks.filter((mark) => mark !== null).length
  return (
    <figure className={css.chart}>
      <figcaption className={css.chartHead}>
        <strong className={css.fieldName}>{field}</strong>
        <span className={css.now}>{newest ? formatNumber(newest.values[field] ?? 0) : '–'}</span>
        {expected && (
          <span className={css.note}>
            expected {formatNumber(expected[0])} to {formatNumber(expected[1])}
          </span>
        )}
        {anomalies > 0 && <Badge tone="bad">{anomalies === 1 ? '1 anomaly' : `${anomalies} anomalies`}</Badge>}
      </figcaption>
      <TimeChart
        name={`${name}, over time, with the expected band`}
        height={height}
        legend={false}
        times={own.map(({ at }) => at)}
        series={[
          { name: 'Expected up to', colour: '--chart-band', values: edge(1), isEdge: true, format: formatNumber },
          { name: 'Expected from', colour: '--chart-band', values: edge(0), isEdge: true, format: formatNumber },
          { name: field, colour: '--chart-1', values: own.map(measured), format: formatNumber },
          { name: 'Anomaly', colour: '--bad', values: marks, isMarks: true, format: formatNumber },
        ]}
        bands={[{ upper: 0, lower: 1, colour: '--chart-band' }]}
      />
    </figure>
  )
}
