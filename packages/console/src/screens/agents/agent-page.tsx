import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useNavigate, useParams } from 'react-router'
import { get, isUnknown, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../kit/badge.tsx'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded, NoPermission } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { type Agent, agentPath, agentsPath, type Tool } from './agent.ts'
import { AgentEditor } from './agent-editor.tsx'

/** One agent to look at, change or delete; or a new one. */
export function AgentPage(): ReactNode {
  const { type } = useParams()
  const mayRead = useMay('agents:read')
  const tools = useQuery({
    queryKey: ['/api/tools'],
    queryFn: ({ signal }) => get<{ readonly items: readonly Tool[] }>('/api/tools', signal),
    enabled: mayRead,
    staleTime: 60_000,
  })
  const agent = useQuery({
    queryKey: [agentsPath, 'one', type],
    queryFn: ({ signal }) => get<Agent>(agentPath(type ?? ''), signal),
    enabled: mayRead && type !== undefined,
  })
  const title = type === undefined ? 'New agent' : `Agent ${type}`
  if (!mayRead)
    return (
      <Page title={title}>
        <NoPermission permission="agents:read" />
      </Page>
    )
  if (!agent.data && isUnknown(agent.error))
    return (
      <Page title="No such agent" actions={<ButtonLink to="/agents/registry">All agents</ButtonLink>}>
        <Empty title="There is no agent of this type.">It may have been deleted, or be another tenant’s.</Empty>
      </Page>
    )
  return (
    <Page
      title={title}
      about={agent.data && <About agent={agent.data} />}
      actions={
        <>
          <ButtonLink to="/agents/registry" size="small">
            All agents
          </ButtonLink>
          {agent.data && <DeleteButton agent={agent.data} />}
          {type !== undefined && <CopyCall call={{ method: 'GET', path: agentPath(type) }} />}
        </>
      }
    >
      <Loaded query={tools}>
        {({ items }) =>
          type === undefined ? (
            <AgentEditor agent={undefined} tools={items} />
          ) : (
            <Loaded query={agent}>{(shown) => <AgentEditor key={shown.type} agent={shown} tools={items} />}</Loaded>
          )
        }
      </Loaded>
    </Page>
  )
}

function About({ agent }: { readonly agent: Agent }): ReactNode {
  return agent.built_in ? (
    <>
      <Badge>built in</Badge> A change makes an agent of your own, which takes its place.
    </>
  ) : (
    <>
      <Badge tone="info">version {agent.version}</Badge> Workflows that run don’t see a change.
    </>
  )
}

function DeleteButton({ agent }: { readonly agent: Agent }): ReactNode {
  const mayWrite = useMay('agents:write')
  const queries = useQueryClient()
  const navigate = useNavigate()
  if (!mayWrite || agent.built_in) return null
  return (
    <ConfirmButton
      size="small"
      title={`Delete ${agent.type}?`}
      text="Plans can’t name it any more; of a built-in type the built-in one is there again. Workflows that run keep it."
      confirm="Delete"
      onConfirm={async () => {
        await send({ method: 'DELETE', path: agentPath(agent.type) })
        tell(`${agent.type} is deleted.`)
        queries.removeQueries({ queryKey: [agentsPath, 'one', agent.type] })
        void queries.invalidateQueries({ queryKey: [agentsPath] })
        await navigate('/agents/registry')
      }}
    >
      Delete
    </ConfirmButton>
  )
}
