import type { ReactNode } from 'react'
import { formatCount, formatUsd } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Table } from '../../kit/table.tsx'
import type { Cost } from './advice.ts'
import css from './advisor.module.css'

/** What each answer does to the cost, halved and doubled; the strongest first. */
export function SensitivityPanel({ cost }: { readonly cost: Cost }): ReactNode {
  const reachOf = ({ halved, doubled }: Cost['sensitivity'][number]): number => Math.abs(doubled.likely - halved.likely)
  const rows = cost.sensitivity.filter((row) => reachOf(row) > 0).toSorted((one, other) => reachOf(other) - reachOf(one))
  const most = Math.max(...rows.flatMap(({ halved, doubled }) => [halved.likely, doubled.likely]), cost.likely, Number.MIN_VALUE)
  return (
    <Panel title="What moves the cost" flush>
      <Table
        name="Sensitivity"
        rows={rows}
        keyOf={({ field }) => field}
        columns={[
          { name: 'Answer', show: ({ field, value }) => `${field} = ${value < 1 ? value : formatCount(value)}` },
          {
            name: 'Likely cost, halved to doubled',
            show: ({ halved, doubled }) => (
              <Range from={halved.likely / most} to={doubled.likely / most} at={cost.likely / most} />
            ),
          },
          { name: 'Halved', isNumber: true, show: ({ halved }) => formatUsd(halved.likely) },
          { name: 'Doubled', isNumber: true, show: ({ doubled }) => formatUsd(doubled.likely) },
        ]}
      />
    </Panel>
  )
}

function Range({ from, to, at }: { readonly from: number; readonly to: number; readonly at: number }): ReactNode {
  const [low, high] = [Math.min(from, to), Math.max(from, to)]
  return (
    <span className={css.range} aria-hidden="true">
      <span className={css.span} style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
      <span className={css.tick} style={{ left: `${at * 100}%` }} />
    </span>
  )
}
