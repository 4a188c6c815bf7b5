import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { type Call, get, isUnknown, pathOf } from '../../api/client.ts'
import { CopyButton, CopyCall } from '../../kit/copy.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { formatDuration, formatTime } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loaded, Notice } from '../../kit/states.tsx'
import { FindTrace } from './find-trace.tsx'
import { SpanList } from './span-list.tsx'
import { placeSpans, type Trace } from './trace.ts'

const pause = 3_000

/** What one request caused, across patterns, as far as this process remembers. */
export function TracePage({ id }: { readonly id: string }): ReactNode {
  const call: Call = { method: 'GET', path: pathOf('/api/traces/{}', [id]) }
  const trace = useQuery({
    queryKey: [call.path],
    queryFn: ({ signal }) => get<Trace>(call.path, signal),
    refetchInterval: pause,
  })
  const isGone = trace.data === undefined && isUnknown(trace.error)
  return (
    <Page
      title="Trace"
      about={
        <>
          <code>{id}</code> <CopyButton text={id} what="correlation id" />
        </>
      }
      actions={
        <>
          <FindTrace />
          <CopyCall call={call} />
        </>
      }
    >
      <div>
        <Link to="/metrics">Metrics</Link>
      </div>
      {isGone ? (
        <Empty title="No trace of this id is in memory">
          <span>
            A restart forgets traces, of very many the oldest go, and in a flood some are never kept. The correlation id of a
            request stands on its page under <Link to="/requests">Requests</Link>.
          </span>
        </Empty>
      ) : (
        <Loaded query={trace}>{(data) => <Spans trace={data} />}</Loaded>
      )}
    </Page>
  )
}

function Spans({ trace }: { readonly trace: Trace }): ReactNode {
  const placed = placeSpans(trace.spans)
  const failed = trace.spans.filter(({ status }) => status === 'error').length
  const calls = placed.spans.filter(({ kind }) => kind === 'model')
  return (
    <>
      <Figures>
        <Figure
          name="From first to last"
          value={formatDuration(placed.whole)}
          hint={formatTime(trace.spans[0]?.started_at ?? '')}
        />
        <Figure name="Spans" value={trace.spans.length} />
        <Figure
          name="Model calls"
          value={calls.length}
          hint={
            calls.length === 0 ? 'none' : `${formatDuration(calls.reduce((sum, { span }) => sum + span.duration_ms, 0))} in all`
          }
        />
        <Figure name="Failed" value={failed} />
      </Figures>
      <Panel title="Waterfall" flush>
        <SpanList placed={placed} />
      </Panel>
      <Notice>This process remembers its latest traces in memory: a restart forgets them. They hold no content.</Notice>
    </>
  )
}
