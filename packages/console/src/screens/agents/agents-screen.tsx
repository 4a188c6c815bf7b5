import type { ReactNode } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { useMay } from '../../api/session.ts'
import { NotFound } from '../../app/crashed.tsx'
import { AgentPage } from './agent-page.tsx'
import { RegistryScreen } from './registry-screen.tsx'
import { WorkflowScreen } from './workflow-screen.tsx'
import { WorkflowsScreen } from './workflows-screen.tsx'

/** Workflows, one of them, and the agents that do their steps. */
export default function AgentsScreen(): ReactNode {
  const [mayRead, mayWrite] = [useMay('workflows:read'), useMay('workflows:write')]
  const mayUse = mayRead || mayWrite
  return (
    <Routes>
      <Route index element={mayUse ? <WorkflowsScreen /> : <Navigate to="/agents/registry" replace />} />
      <Route path="workflows/:id" element={<WorkflowScreen />} />
      <Route path="registry" element={<RegistryScreen />} />
      <Route path="registry/:type" element={<AgentPage />} />
      <Route path="new-agent" element={<AgentPage />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  )
}
