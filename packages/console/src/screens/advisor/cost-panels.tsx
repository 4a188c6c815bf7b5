import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { formatCount, formatShare, formatUsd } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Notice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import type { Advice, Cost } from './advice.ts'
import css from './advisor.module.css'

const kinds = { fixed: 'fixed', variable: 'by use', one_off: 'once' }
const colours = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--line-strong']

/** What it costs a month: in all, by service, line by line, and cheaper. */
export function CostPanels(props: Pick<Advice, 'cost' | 'quota' | 'flags'>): ReactNode {
  const { cost, quota, flags } = props
  return (
    <div className={css.panels}>
      {flags.map(({ field, detail }) => (
        <Notice key={field} tone="warn">
          <code>{field}</code>: {detail}
        </Notice>
      ))}
      {cost.within_budget === false && <Notice tone="bad">The likely cost is above the budget.</Notice>}
      {cost.within_budget === true && cost.max_within_budget === false && (
        <Notice tone="warn">The likely cost is within the budget, the highest is not.</Notice>
      )}
      <Figures>
        <Figure name="Likely, a month" value={formatUsd(cost.likely)} hint={`${formatUsd(cost.min)} to ${formatUsd(cost.max)}`} />
        <Figure name="While idle" value={formatUsd(cost.fixed)} hint="fixed, a month" />
        <Figure name="A request" value={cost.per_request === null ? '–' : formatUsd(cost.per_request)} />
        <Figure name="A tenant" value={formatUsd(cost.per_tenant)} hint="a month" />
        <Figure
          name="Requests a minute"
          value={formatCount(quota.sustainable_requests_per_minute)}
          hint={`${formatCount(quota.needed_requests_per_minute)} needed at the peak`}
        />
      </Figures>
      {quota.needs_rise && (
        <Notice tone="warn">
          The quota of {formatCount(quota.tokens_per_minute)} tokens a minute has to be raised before launch.
        </Notice>
      )}
      <Panel title="By service">
        <Shares cost={cost} />
      </Panel>
      <Panel title="Line by line" flush>
        <Table
          name="Cost lines"
          rows={cost.lines.toSorted((one, other) => other.usd - one.usd)}
          keyOf={({ service, what }) => `${service} ${what}`}
          columns={[
            { name: 'Service', show: ({ service }) => service },
            { name: 'What', show: ({ what, old_price }) => (old_price ? <OldPrice what={what} /> : what) },
            { name: 'Kind', show: ({ kind }) => kinds[kind] },
            { name: 'USD a month', isNumber: true, show: ({ usd }) => formatUsd(usd) },
          ]}
        />
      </Panel>
      {cost.variants.length > 0 && (
        <Panel title="Cheaper" flush>
          <Table
            name="Cheaper variants"
            rows={cost.variants}
            keyOf={({ name }) => name}
            columns={[
              { name: 'Variant', show: ({ name }) => name },
              { name: 'What', show: ({ what, gives_up }) => `${what} ${gives_up}` },
              { name: 'Saves', isNumber: true, show: ({ saving }) => formatUsd(saving) },
              { name: 'Then', isNumber: true, show: ({ likely }) => formatUsd(likely) },
            ]}
          />
        </Panel>
      )}
    </div>
  )
}

function OldPrice({ what }: { readonly what: string }): ReactNode {
  return (
    <>
      {what} <Badge tone="warn">price over a year old</Badge>
    </>
  )
}

/** One bar of all services; the small ones together. */
function Shares({ cost }: { readonly cost: Cost }): ReactNode {
  const [large, small] = [cost.by_service.slice(0, 4), cost.by_service.slice(4)]
  const rest = small.reduce((sum, { usd }) => sum + usd, 0)
  const total = cost.by_service.reduce((sum, { usd }) => sum + usd, 0)
  const parts = [...large, ...(rest > 0 ? [{ service: 'others', usd: rest, share: total > 0 ? rest / total : 0 }] : [])]
  return (
    <>
      <div className={css.shares} aria-hidden="true">
        {parts.map(({ service, share }, index) => (
          <span key={service} style={{ width: `${share * 100}%`, background: `var(${colours[index]})` }} />
        ))}
      </div>
      <ul className={css.legend}>
        {parts.map(({ service, usd, share }, index) => (
          <li key={service}>
            <span className={css.swatch} style={{ background: `var(${colours[index]})` }} aria-hidden="true" />
            {service} <strong>{formatUsd(usd)}</strong> {formatShare(share)}
          </li>
        ))}
      </ul>
    </>
  )
}
