import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { isUnknown, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded, NoPermission } from '../../kit/states.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { tell } from '../../kit/toasts.tsx'
import { streamPath } from './addresses.ts'
import { AlertLanes } from './alert-lanes.tsx'
import type { Stream } from './answers.ts'
import { useFeed } from './feed.ts'
import { GeneratorPanel } from './generator-panel.tsx'
import { Happenings } from './happenings.tsx'
import { Incidents } from './incidents.tsx'
import { LiveCharts } from './live-charts.tsx'
import { SendRecords } from './send-records.tsx'
import { StreamFigures } from './stream-figures.tsx'
import { useStream } from './stream-list.tsx'
import { StreamSettings } from './stream-settings.tsx'
import css from './streams.module.css'
import { useGenerator } from './use-generator.ts'
import { Windows } from './windows.tsx'

/** One stream: what comes, what was found in it, how it is set. */
export function StreamPage({ name }: { readonly name: string }): ReactNode {
  const maySee = useMay('streams:read')
  return maySee ? <Seen name={name} /> : <NoPermission permission="streams:read" />
}

function Seen({ name }: { readonly name: string }): ReactNode {
  const query = useStream(name, 2_000)
  const mayWrite = useMay('streams:write')
  if (!query.data && isUnknown(query.error))
    return (
      <Page title="No such stream" actions={<ButtonLink to="/streams">All streams</ButtonLink>}>
        <Empty title="There is no stream of this name.">It begins with its first record, or when it is set.</Empty>
      </Page>
    )
  return (
    <Page
      title={name}
      actions={
        <>
          <ButtonLink to="/streams" look="quiet">
            All streams
          </ButtonLink>
          <CopyCall call={{ method: 'GET', path: streamPath(name) }} />
          {mayWrite && query.data && <Remove name={name} />}
        </>
      }
    >
      <Loaded query={query}>{(stream) => <Parts stream={stream} mayWrite={mayWrite} />}</Loaded>
    </Page>
  )
}

function Parts({ stream, mayWrite }: { readonly stream: Stream; readonly mayWrite: boolean }): ReactNode {
  const { name } = stream
  const maySeeAlerts = useMay('alerts:read')
  const { feed, isLoading } = useFeed(name, useSearchParams()[0].get('key') ?? undefined)
  const generator = useGenerator(name)
  return (
    <>
      <StreamFigures stream={stream} />
      <Tabs
        name="Parts of the stream"
        tabs={[
          {
            id: 'live',
            name: 'Live',
            show: () => (
              <div className={css.live}>
                <LiveCharts name={name} feed={feed} isLoading={isLoading} />
                <div className={css.beside}>
                  {mayWrite && <GeneratorPanel stream={stream} feed={feed} generator={generator} />}
                  <Happenings feed={feed} />
                </div>
              </div>
            ),
          },
          { id: 'incidents', name: 'Incidents', show: () => <Incidents name={name} /> },
          ...(maySeeAlerts ? [{ id: 'alerts', name: 'Alerts', show: () => <AlertLanes stream={name} /> }] : []),
          { id: 'windows', name: 'Windows', show: () => <Windows name={name} /> },
          ...(mayWrite
            ? [
                { id: 'send', name: 'Send records', show: () => <SendRecords name={name} /> },
                { id: 'settings', name: 'Settings', show: () => <StreamSettings key={name} stream={stream} /> },
              ]
            : []),
        ]}
      />
    </>
  )
}

function Remove({ name }: { readonly name: string }): ReactNode {
  const navigate = useNavigate()
  const queries = useQueryClient()
  return (
    <ConfirmButton
      title={`Delete ${name}?`}
      text="Its records, what is known of its keys, its windows, insights and alerts go with it. This can’t be undone."
      confirm="Delete the stream"
      onConfirm={async () => {
        await send({ method: 'DELETE', path: streamPath(name) })
        tell(`The stream ${name} is deleted.`)
        await navigate('/streams')
        queries.removeQueries({ queryKey: [streamPath(name)] })
        await queries.invalidateQueries({ queryKey: ['/api/streams'] })
      }}
    >
      Delete
    </ConfirmButton>
  )
}
