import type { ReactNode } from 'react'
import { Link, useParams } from 'react-router'
import { isUnknown } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Badge, StatusBadge } from '../../kit/badge.tsx'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyButton, CopyCall } from '../../kit/copy.tsx'
import { formatTime } from '../../kit/format.ts'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded, Loading, NoPermission, Notice, ProblemNotice } from '../../kit/states.tsx'
import css from './agents.module.css'
import { ApprovalPanel } from './approval-panel.tsx'
import { Decisions, endedBy, wordsOf } from './decisions.tsx'
import { Parts } from './parts.tsx'
import { PlanPanel } from './plan-panel.tsx'
import { ProgressFigures } from './progress-figures.tsx'
import { ResultPanel } from './result-panel.tsx'
import { useWorkflow, type Workflow, workflowPath } from './workflow.ts'
import { WorkflowActions } from './workflow-actions.tsx'

/** One workflow: its plan as it goes on, whatever waits for somebody's word, and what came of it. */
export function WorkflowScreen(): ReactNode {
  const { id = '' } = useParams()
  if (!useMay('workflows:read'))
    return (
      <Page title="Workflow">
        <NoPermission permission="workflows:read" />
      </Page>
    )
  return <Shown key={id} id={id} />
}

function Shown({ id }: { readonly id: string }): ReactNode {
  const query = useWorkflow(id)
  const workflow = query.data
  if (!workflow && isUnknown(query.error))
    return (
      <Page title="No such workflow" actions={<Parts />}>
        <Empty title="No workflow has this id.">It may be another tenant’s, or it isn’t kept any more.</Empty>
      </Page>
    )
  if (!workflow)
    return (
      <Page title="Workflow" actions={<Parts />}>
        {query.error === null ? <Loading /> : <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      </Page>
    )
  return (
    <Page
      title={titleOf(workflow)}
      about={<About workflow={workflow} />}
      actions={
        <>
          <ButtonLink to="/agents" size="small" look="quiet">
            All workflows
          </ButtonLink>
          <WorkflowActions workflow={workflow} />
          <CopyCall call={{ method: 'GET', path: workflowPath(id) }} />
        </>
      }
    >
      <Loaded query={query}>
        {(shown) => (
          <>
            <Messages workflow={shown} />
            <ApprovalPanel workflow={shown} />
            <ProgressFigures workflow={shown} />
            <PlanPanel workflow={shown}>
              <ResultPanel workflow={shown} />
              <Decisions workflow={shown} />
            </PlanPanel>
          </>
        )}
      </Loaded>
    </Page>
  )
}

/** A request may be as long as a page. */
function titleOf({ request }: Workflow): string {
  const line = request.trim().split('\n')[0] ?? ''
  return line.length > 140 ? `${line.slice(0, 140)} …` : line || 'Workflow'
}

function About({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const { workflow_id: id, user_id: user, created_at: at, forked_from: from, session_id: session, request } = workflow
  return (
    <>
      <span className={css.facts}>
        <StatusBadge status={workflow.status} />
        <span>
          asked by {user} at {formatTime(at)}
        </span>
        <span className={css.id}>
          <code>{id}</code>
          <CopyButton text={id} what="the workflow's id" />
        </span>
        {from && (
          <span>
            forked at <code>{from.step_id}</code> from{' '}
            <Link to={`/agents/workflows/${encodeURIComponent(from.workflow_id)}`}>another workflow</Link>
          </span>
        )}
        {session !== undefined && (
          <span>
            session <Badge>{session}</Badge>
          </span>
        )}
      </span>
      {request.trim() !== titleOf(workflow) && (
        <details className={css.request}>
          <summary>The whole request</summary>
          <p>{request}</p>
        </details>
      )}
    </>
  )
}

function Messages({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const { status, error, agents_changed: changed = [], plan } = workflow
  const decision = endedBy(workflow)
  return (
    <>
      {error && (
        <Notice tone={status === 'cancelled' ? 'warn' : 'bad'}>
          {decision ? wordsOf(decision) : error.message} {error.code !== status && <code>{error.code}</code>}
        </Notice>
      )}
      {changed.length > 0 && (
        <Notice tone="warn">
          It goes on with the agents as they were when it began; changed since then: {changed.join(', ')}.
        </Notice>
      )}
      {plan && plan.faults.length > 0 && (
        <Notice tone="warn">
          What the model planned first was wrong, and was mended:
          <ul className={css.faults}>
            {plan.faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  )
}
