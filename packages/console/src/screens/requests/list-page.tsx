import { type ReactNode, useMemo, useState } from 'react'
import { type Call, pathOf } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatCount } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { VirtualTable } from '../../kit/virtual-table.tsx'
import { DeadLettersLink } from './dead-letters-link.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type Changes, type Filters, useFilters } from './filters.ts'
import { listPath } from './request.ts'
import { requestColumns } from './request-columns.tsx'
import css from './requests.module.css'
import { SendDialog, useSending } from './send-dialog.tsx'
import { type Requests, useRequests } from './use-requests.ts'

/** The live list of requests. */
export function ListPage(): ReactNode {
  const [filters, change] = useFilters()
  const [isAtTop, setAtTop] = useState(true)
  const requests = useRequests(filters, isAtTop)
  const may = useMay('requests:write')
  const [, open] = useSending()
  const call: Call = { method: 'GET', path: pathOf(listPath, [], { ...filters, limit: 50 }) }
  return (
    <Page
      title="Requests"
      about="Work that is kept at once, queued, and answered in the background."
      actions={
        <>
          <CopyCall call={call} />
          <DeadLettersLink />
          {may && (
            <Button look="primary" onClick={() => open('new')}>
              Send a request
            </Button>
          )}
        </>
      }
    >
      <FilterBar filters={filters} rows={requests.rows} onChange={change} />
      {requests.error !== null && <ProblemNotice error={requests.error} onRetry={requests.retry} />}
      <Panel title={titleOf(requests)} actions={<Following isAtTop={isAtTop} />} flush>
        <div className={requests.isChanging ? css.changing : undefined} aria-busy={requests.isChanging}>
          <List requests={requests} filters={filters} onTop={setAtTop} onClear={() => change(noFilters)} />
        </div>
      </Panel>
      <SendDialog />
    </Page>
  )
}

const noFilters: Changes = { status: '', model_id: '', priority: '', text: '' }

function titleOf({ rows, hasMore, isLoading }: Requests): string {
  if (isLoading) return 'Newest first'
  const count = `${formatCount(rows.length)}${hasMore ? '+' : ''}`
  return `${count} request${rows.length === 1 && !hasMore ? '' : 's'}, newest first`
}

/** Whoever looks further down isn't disturbed by what comes in above. */
function Following({ isAtTop }: { readonly isAtTop: boolean }): ReactNode {
  return <span className={css.following}>{isAtTop ? 'New ones appear here' : 'Paused while you look further down'}</span>
}

function List(props: {
  readonly requests: Requests
  readonly filters: Filters
  readonly onTop: (isAtTop: boolean) => void
  readonly onClear: () => void
}): ReactNode {
  const { requests, filters, onTop, onClear } = props
  const { rows, isLoading, isLoadingMore, hasMore, loadMore } = requests
  const columns = useMemo(() => requestColumns(), [])
  if (isLoading) return requests.error === null ? <Loading what="Loading requests" /> : null
  if (rows.length === 0 && hasMore) return <Loading what="Looking through older requests" />
  if (rows.length === 0) return <Nothing isFiltered={Object.keys(filters).length > 0} onClear={onClear} />
  return (
    <>
      <VirtualTable
        name="Requests"
        columns={columns}
        rows={rows}
        keyOf={({ request_id }) => request_id}
        height="max(320px, calc(100dvh - 286px))"
        onNearEnd={loadMore}
        onTop={onTop}
      />
      {isLoadingMore && (
        <div className={css.more} role="status">
          Loading older ones …
        </div>
      )}
    </>
  )
}

function Nothing({ isFiltered, onClear }: { readonly isFiltered: boolean; readonly onClear: () => void }): ReactNode {
  const may = useMay('requests:write')
  if (isFiltered)
    return (
      <Empty title="No request is like that.">
        <Button onClick={onClear}>Clear the filters</Button>
      </Empty>
    )
  return (
    <Empty title="No requests yet.">
      <span>A request is a prompt that is worked in the background, with retries, and told of when it ends.</span>
      {may && <ButtonLink to="/requests?send=new">Send the first one</ButtonLink>}
    </Empty>
  )
}
