import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { get, Problem } from '../../api/client.ts'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatCount, formatDuration, formatTime, formatUsd } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loaded, NoPermission } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { rulesAddress, streamAddress, streamPath } from './addresses.ts'
import { AlertLanes } from './alert-lanes.tsx'
import type { Stream, StreamSettings } from './answers.ts'
import { NewStream } from './new-stream.tsx'

/** All streams with their figures, and the alerts of all of them. */
export function StreamList(): ReactNode {
  const maySee = useMay('streams:read')
  const mayWrite = useMay('streams:write')
  const maySeeAlerts = useMay('alerts:read')
  const [isNew, setNew] = useState(false)
  return (
    <Page
      title="Streams"
      about="Records go in; what is unusual comes out in words, once, with an alert of each type whose rule it meets. A model is asked about incidents only."
      actions={
        <>
          {maySeeAlerts && <ButtonLink to={rulesAddress}>Alert rules</ButtonLink>}
          {mayWrite && (
            <Button look="primary" onClick={() => setNew(true)}>
              <Plus size={16} aria-hidden="true" /> New stream
            </Button>
          )}
        </>
      }
    >
      {isNew && <NewStream onClose={() => setNew(false)} />}
      {maySee ? <List mayWrite={mayWrite} /> : <NoPermission permission="streams:read" />}
      {maySeeAlerts && <AlertLanes />}
    </Page>
  )
}

function List({ mayWrite }: { readonly mayWrite: boolean }): ReactNode {
  const query = useList<StreamSettings>('/api/streams', {}, { refetchInterval: 5_000 })
  return (
    <Panel title="All streams" flush actions={<CopyCall call={{ method: 'GET', path: '/api/streams' }} />}>
      <Loaded query={query}>
        {() => {
          const streams = itemsOf(query)
          if (streams.length === 0)
            return (
              <Empty title="No stream yet.">
                {mayWrite
                  ? 'A stream begins with its first record. Make one here and let the page send values to it.'
                  : 'A stream begins with its first record.'}
              </Empty>
            )
          return (
            <>
              <Table
                name="Streams"
                rows={streams}
                keyOf={({ name }) => name}
                columns={[
                  { name: 'Stream', show: ({ name }) => <Link to={streamAddress(name)}>{name}</Link> },
                  { name: 'Records', isNumber: true, show: figure(({ records }) => formatCount(records)) },
                  { name: 'Anomalies', isNumber: true, show: figure(({ anomalies }) => formatCount(anomalies)) },
                  { name: 'Incidents', isNumber: true, show: figure(({ incidents }) => formatCount(incidents)) },
                  { name: 'Lag', isNumber: true, show: figure(({ lag_ms }) => formatDuration(lag_ms)) },
                  { name: 'Model calls', isNumber: true, show: figure(({ model_calls }) => formatCount(model_calls.made)) },
                  { name: 'Saved', isNumber: true, show: figure(({ model_calls }) => formatUsd(model_calls.saved_usd)) },
                  {
                    name: 'Last record',
                    isNumber: true,
                    show: figure(({ last_record_at }) => (last_record_at ? formatTime(last_record_at) : 'none yet')),
                  },
                ]}
              />
              {query.hasNextPage && (
                <Button look="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Show more
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}

/** A figure of a stream: the list has the settings alone, so each row asks for its own. */
function figure(show: (stream: Stream) => ReactNode): (row: StreamSettings) => ReactNode {
  return ({ name }) => <OfStream name={name} show={show} />
}

function OfStream({ name, show }: { readonly name: string; readonly show: (stream: Stream) => ReactNode }): ReactNode {
  const { data, error } = useStream(name, 5_000)
  if (data) return show(data)
  return error ? <span title={error.message}>–</span> : '…'
}

/** A stream with its figures, asked for again now and then. */
export function useStream(name: string, refetchInterval: number) {
  const path = streamPath(name)
  return useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<Stream>(path, signal),
    refetchInterval: ({ state }) => (state.error instanceof Problem && state.error.isForGood ? false : refetchInterval),
  })
}
