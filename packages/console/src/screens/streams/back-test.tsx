import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { itemsOf, useList } from '../../api/lists.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Choice } from '../../kit/field.tsx'
import { formatCount, formatCounted, formatTime } from '../../kit/format.ts'
import { Panel, Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { streamAddress } from './addresses.ts'
import type { BackTest, StreamSettings } from './answers.ts'
import css from './streams.module.css'

const hour = 3_600_000
const spans = [
  { value: '1', name: 'the last hour' },
  { value: '24', name: 'the last day' },
  { value: '168', name: 'the last week' },
  { value: '', name: 'all that is kept' },
]

/** What the rules as they are now would have raised over what is kept. Nothing is raised. */
export function BackTestPanel(): ReactNode {
  const [stream, setStream] = useState('')
  const [hours, setHours] = useState('24')
  const streams = itemsOf(useList<StreamSettings>('/api/streams', {}, { limit: 1_000 }))
  const call = (): Call => ({
    method: 'POST',
    path: '/api/alert-rules/backtest',
    body: {
      ...(stream === '' ? {} : { stream }),
      ...(hours === '' ? {} : { from: new Date(Date.now() - Number(hours) * hour).toISOString() }),
    },
  })
  const testing = useAction({ mutationFn: () => send<BackTest>(call()) })
  return (
    <Panel title="What these rules would have raised" actions={<CopyCall call={call()} />}>
      <Stack>
        <form
          className={css.setRow}
          onSubmit={(event) => {
            event.preventDefault()
            testing.mutate()
          }}
        >
          <Choice
            label="Stream"
            value={stream}
            options={[{ value: '', name: 'all' }, ...streams.map(({ name }) => name)]}
            onChange={({ target }) => setStream(target.value)}
          />
          <Choice label="Of" value={hours} options={spans} onChange={({ target }) => setHours(target.value)} />
          <Button type="submit" busy={testing.isPending}>
            Test back
          </Button>
        </form>
        {testing.error && <ProblemNotice error={testing.error} />}
        {testing.data && <BackTestOutcome result={testing.data} />}
      </Stack>
    </Panel>
  )
}

export function BackTestOutcome({ result }: { readonly result: BackTest }): ReactNode {
  const { alerts, counts, read, cut, notes } = result
  return (
    <Stack>
      <p role="status">
        {alerts.length === 0
          ? 'No alert would have been raised'
          : `${formatCounted(alerts.length, 'alert')} would have been raised`}{' '}
        over {formatCounted(read.insights, 'insight')} and {formatCounted(read.windows, 'window')}
        {cut ? ', the newest of more' : ''}.
      </p>
      {notes.map((note) => (
        <Notice key={note}>{note}</Notice>
      ))}
      <Table
        name="Rules, tested back"
        rows={counts}
        keyOf={({ rule_id }) => rule_id}
        columns={[
          { name: 'Rule', show: ({ rule_id }) => rule_id },
          { name: 'Raises', show: ({ alert_type }) => alert_type },
          { name: 'Fired', isNumber: true, show: ({ fired }) => formatCount(fired) },
          { name: 'Alerts', isNumber: true, show: (count) => formatCount(count.alerts) },
        ]}
      />
      {alerts.length > 0 && (
        <Table
          name="Alerts that would have been raised"
          rows={alerts.slice(0, 20)}
          keyOf={({ alert_type, stream, key, timestamp }) => `${alert_type} ${stream} ${key} ${timestamp}`}
          columns={[
            { name: 'When', show: ({ timestamp }) => formatTime(timestamp) },
            { name: 'Type', show: ({ alert_type }) => alert_type },
            {
              name: 'Key',
              show: ({ stream, key }) => (
                <>
                  {key} in <Link to={streamAddress(stream, { tab: 'incidents', of: key })}>{stream}</Link>
                </>
              ),
            },
            { name: 'Severity', show: ({ severity }) => <StatusBadge status={severity} /> },
            { name: 'Fired', isNumber: true, show: ({ fired }) => formatCount(fired) },
          ]}
        />
      )}
    </Stack>
  )
}
