import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import { get, pathOf, send } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { useCost } from '../../kit/cost.tsx'
import { Field } from '../../kit/field.tsx'
import { Figure, Figures, Meter } from '../../kit/figures.tsx'
import { formatCount, formatUsd } from '../../kit/format.ts'
import { Columns, Panel, Row, Stack } from '../../kit/page.tsx'
import { saveFile } from '../../kit/save-file.ts'
import { Empty, Loaded } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { TimeChart } from '../../kit/time-chart.tsx'
import { tell } from '../../kit/toasts.tsx'
import type { Usage, UsageLine } from './tenant.ts'

/** What a tenant used and what it cost: by day, model and user, beside its budget. */
export function UsagePanel({ id }: { readonly id: string }): ReactNode {
  const [query, setQuery] = useSearchParams()
  const period = { from: query.get('from') ?? '', to: query.get('to') ?? '' }
  const path = pathOf('/api/tenants/{}/usage', [id], period)
  const usage = useQuery({ queryKey: [path], queryFn: ({ signal }) => get<Usage>(path, signal), refetchInterval: 5_000 })
  const set = (name: 'from' | 'to') => (day: string) =>
    setQuery(
      (before) => {
        if (day === '') before.delete(name)
        else before.set(name, day)
        return before
      },
      { replace: true },
    )
  const download = async (): Promise<void> => {
    try {
      const csv = await send<string>({ method: 'GET', path: pathOf('/api/tenants/{}/usage', [id], { ...period, format: 'csv' }) })
      saveFile(`usage-${id}.csv`, csv, 'text/csv')
    } catch (error) {
      tell(error instanceof Error ? error.message : 'It could not be loaded.')
    }
  }
  return (
    <Stack>
      <Row>
        <Field label="From" type="date" value={period.from} onChange={({ target }) => set('from')(target.value)} />
        <Field label="To" type="date" value={period.to} onChange={({ target }) => set('to')(target.value)} />
        <Button size="small" onClick={() => void download()}>
          Download as CSV
        </Button>
        <CopyCall call={{ method: 'GET', path }} />
      </Row>
      <Loaded query={usage}>{(found) => <Shown usage={found} />}</Loaded>
    </Stack>
  )
}

function Shown({ usage }: { readonly usage: Usage }): ReactNode {
  const { total, budget, items, from, to } = usage
  const costOf = useCost()
  const days = sums(items, ({ day }) => day).toSorted((one, other) => one.name.localeCompare(other.name))
  return (
    <Stack>
      <Figures>
        <Figure name="Cost" value={costOf(total.usd, items[0]?.model_id)} hint={`${from} to ${to}, list prices`} />
        <Figure name="Requests" value={formatCount(total.requests)} />
        <Figure name="Input tokens" value={formatCount(total.input_tokens)} />
        <Figure name="Output tokens" value={formatCount(total.output_tokens)} />
      </Figures>
      <Panel title={`Budget of ${budget.month}`}>
        {budget.limit_usd === null ? (
          <p>{formatUsd(budget.taken_usd)} spent or reserved; no budget is set.</p>
        ) : (
          <Meter
            name="Spent or reserved"
            value={budget.taken_usd}
            of={budget.limit_usd}
            text={`${formatUsd(budget.taken_usd)} of ${formatUsd(budget.limit_usd)}`}
          />
        )}
        {budget.keys.map(({ key_id, taken_usd }) => (
          <p key={key_id}>
            Key <code>{key_id}</code>: {formatUsd(taken_usd)}
          </p>
        ))}
      </Panel>
      {items.length === 0 ? (
        <Empty title="Nothing was used in this time." />
      ) : (
        <>
          {days.length > 1 && (
            <Panel title="Cost by day">
              <TimeChart
                name="Cost by day"
                times={days.map(({ name }) => Date.parse(`${name}T00:00:00Z`))}
                series={[{ name: 'USD', colour: '--chart-1', values: days.map(({ usd }) => usd), format: formatUsd }]}
              />
            </Panel>
          )}
          <Columns>
            <Part title="By model" items={items} nameOf={({ model_id }) => model_id} total={total.usd} isByModel />
            <Part title="By user" items={items} nameOf={({ user_id }) => user_id} total={total.usd} />
            <Part title="By day" items={items} nameOf={({ day }) => day} total={total.usd} />
          </Columns>
        </>
      )}
    </Stack>
  )
}

interface Sum {
  readonly name: string
  readonly requests: number
  readonly tokens: number
  readonly usd: number
}

function sums(items: readonly UsageLine[], nameOf: (line: UsageLine) => string): readonly Sum[] {
  return [...Map.groupBy(items, nameOf)].map(([name, lines]) => ({
    name,
    requests: lines.reduce((all, { requests }) => all + requests, 0),
    tokens: lines.reduce((all, { input_tokens, output_tokens }) => all + input_tokens + output_tokens, 0),
    usd: lines.reduce((all, { usd }) => all + usd, 0),
  }))
}

function Part(props: {
  readonly title: string
  readonly items: readonly UsageLine[]
  readonly nameOf: (line: UsageLine) => string
  readonly total: number
  readonly isByModel?: boolean
}): ReactNode {
  const { title, items, nameOf, total, isByModel = false } = props
  const costOf = useCost()
  const rows = sums(items, nameOf).toSorted((one, other) => other.usd - one.usd || other.requests - one.requests)
  return (
    <Panel title={title} flush>
      <Table
        name={title}
        rows={rows}
        keyOf={({ name }) => name}
        columns={[
          {
            name: title.replace('By ', ''),
            show: ({ name, usd }) => (
              <Meter name={name} value={usd} of={total} text={isByModel ? costOf(usd, name) : formatUsd(usd)} />
            ),
          },
          { name: 'Requests', isNumber: true, show: ({ requests }) => formatCount(requests) },
          { name: 'Tokens', isNumber: true, show: ({ tokens }) => formatCount(tokens) },
        ]}
      />
    </Panel>
  )
}
