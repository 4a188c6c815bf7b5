import type { ReactNode } from 'react'
import { Route, Routes } from 'react-router'
import { NotFound } from '../../app/crashed.tsx'
import { AgentPage } from './agent-page.tsx'
import { RegistryScreen } from './registry-screen.tsx'
import { WorkflowScreen } from './workflow-screen.tsx'
import { WorkflowsScreen } from './workflows-screen.tsx'

/** Workflows, one of them, and the agents that do their steps. */
export default function AgentsScreen(): ReactNode {
  return (
    <Routes>
      <Route index element={<WorkflowsScreen />} />
      <Route path="workflows/:id" element={<WorkflowScreen />} />
      <Route path="registry" element={<RegistryScreen />} />
      <Route path="registry/:type" element={<AgentPage />} />
      <Route path="new-agent" element={<AgentPage />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}
