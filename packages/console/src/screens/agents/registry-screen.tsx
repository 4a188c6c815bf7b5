import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../kit/badge.tsx'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loading, NoPermission, ProblemNotice } from '../../kit/states.tsx'
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
    <Panel title="Agents" actions={<CopyCall call={{ method: 'GET', path: agentsPath }} />}>
      {list.error !== null && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data !== undefined && itemsOf(list).length === 0 && <Empty title="There is no agent." />}
      {list.data !== undefined && (
        <ul className={css.agents} aria-label="Agents">
          {itemsOf(list).map((agent) => (
            <li key={agent.type}>
              <Card agent={agent} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Card({ agent }: { readonly agent: Agent }): ReactNode {
  const { type, built_in: isBuiltIn, version, capabilities, model_id: model, usual_model: isUsual, tools } = agent
  return (
    <Link to={`/agents/registry/${encodeURIComponent(type)}`} className={css.agent}>
      <span className={css.agentName}>
        <strong>{type}</strong>
        {isBuiltIn ? <Badge>built in</Badge> : <Badge tone="info">version {version}</Badge>}
      </span>
      <span>{capabilities.length > 0 ? capabilities.join(' · ') : 'It does not say what it is good for.'}</span>
      <span className={css.note}>
        <code>{model}</code>
        {isUsual && ', the tenant’s model'}
      </span>
      <span className={css.links}>
        {tools.length === 0 ? <span className={css.note}>no tools</span> : tools.map((tool) => <Badge key={tool}>{tool}</Badge>)}
      </span>
    </Link>
  )
}
