import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatCounted, formatTime, formatUsd } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loading, NoPermission, ProblemNotice } from '../../kit/states.tsx'
import css from './agents.module.css'
import { Parts } from './parts.tsx'
import { StartForm } from './start-form.tsx'
import type { WorkflowSummary } from './workflow.ts'

const statuses = ['planning', 'awaiting_approval', 'running', 'completed', 'failed', 'cancelled']
const path = '/api/workflows'

type Listed = WorkflowSummary & { readonly request?: string }

/** What was asked of the agents, newest first, and the form to ask for more. */
export function WorkflowsScreen(): ReactNode {
  const [mayRead, mayWrite] = [useMay('workflows:read'), useMay('workflows:write')]
  return (
    <Page
      title="Agents"
      about="One request, split into steps for specialised agents that work side by side and end in one answer."
      actions={<Parts />}
    >
      <div className={mayRead && mayWrite ? css.halves : undefined}>
        {mayWrite && <StartForm />}
        {mayRead ? <Workflows /> : !mayWrite && <NoPermission permission="workflows:read" />}
      </div>
    </Page>
  )
}

function Workflows(): ReactNode {
  const [query, setQuery] = useSearchParams()
  const status = query.get('status') ?? ''
  const asked = { status, texts: true }
  const list = useList<Listed>(path, asked, { limit: 25, refetchInterval: 3_000 })
  const items = itemsOf(list)
  const choose = (next: string): void =>
    setQuery((before) => {
      if (next === '') before.delete('status')
      else before.set('status', next)
      return before
    })
  return (
    <Panel
      title="Workflows"
      flush
      actions={
        <>
          <select className={css.filter} aria-label="Status" value={status} onChange={({ target }) => choose(target.value)}>
            <option value="">All statuses</option>
            {statuses.map((one) => (
              <option key={one} value={one}>
                {one.replaceAll('_', ' ')}
              </option>
            ))}
          </select>
          <CopyCall call={{ method: 'GET', path: `${path}?texts=true${status === '' ? '' : `&status=${status}`}` }} />
        </>
      }
    >
      {list.error !== null && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data !== undefined && items.length === 0 && (
        <Empty title={status === '' ? 'No workflow yet' : `No workflow is ${status.replaceAll('_', ' ')}`}>
          {status === '' ? 'Ask for something, or take one of the examples.' : 'Choose another status.'}
        </Empty>
      )}
      <ul className={css.workflows} aria-label="Workflows">
        {items.map((one) => (
          <li key={one.workflow_id}>
            <Link to={`/agents/workflows/${encodeURIComponent(one.workflow_id)}`} className={css.workflow}>
              <span className={css.workflowName}>{one.request || one.workflow_id}</span>
              <span className={css.workflowFacts}>
                <StatusBadge status={one.status} />
                {one.forked_from && <span>fork</span>}
                <span>{formatTime(one.created_at)}</span>
                {one.usage.usd > 0 && <span>{formatUsd(one.usage.usd)}</span>}
                {one.usage.input_tokens + one.usage.output_tokens > 0 && (
                  <span>{formatCounted(one.usage.input_tokens + one.usage.output_tokens, 'token')}</span>
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <div className={css.listEnd}>
          <Button size="small" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Panel>
  )
}
