import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../kit/badge.tsx'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loading, NoPermission, ProblemNotice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { type Agent, agentsPath } from './agent.ts'
import css from './agents.module.css'
import { Parts } from './parts.tsx'

/** The agents that plans can name. */
export function RegistryScreen(): ReactNode {
  const [mayRead, mayWrite] = [useMay('agents:read'), useMay('agents:write')]
  return (
    <Page
      title="Agent registry"
      about="Who does the steps: each agent has its own role, model, tools and limits. Planners choose by what an agent says it is good for."
      actions={
        <>
          <Parts />
          {mayWrite && (
            <ButtonLink to="/agents/new-agent" look="primary">
              New agent
            </ButtonLink>
          )}
        </>
      }
    >
      {mayRead ? <Agents /> : <NoPermission permission="agents:read" />}
    </Page>
  )
}

function Agents(): ReactNode {
  const list = useList<Agent>(agentsPath, {}, { limit: 200, refetchInterval: 5_000 })
  return (
    <Panel title="Agents" flush actions={<CopyCall call={{ method: 'GET', path: agentsPath }} />}>
      {list.error !== null && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data !== undefined && itemsOf(list).length === 0 && <Empty title="There is no agent." />}
      {list.data !== undefined && (
        <Table
          name="Agents"
          rows={itemsOf(list)}
          keyOf={({ type }) => type}
          columns={[
            {
              name: 'Agent',
              show: ({ type, built_in, version }) => (
                <span className={css.agentName}>
                  <Link to={`/agents/registry/${encodeURIComponent(type)}`}>{type}</Link>
                  {built_in ? <Badge>built in</Badge> : <Badge tone="info">version {version}</Badge>}
                </span>
              ),
            },
            { name: 'Good for', show: ({ capabilities }) => capabilities.join(', ') || '–' },
            {
              name: 'Model',
              show: ({ model_id, usual_model }) => (
                <>
                  <code>{model_id}</code>
                  {usual_model && <div className={css.note}>the tenant’s</div>}
                </>
              ),
            },
            { name: 'Tools', show: ({ tools }) => tools.join(', ') || 'none' },
          ]}
        />
      )}
    </Panel>
  )
}
