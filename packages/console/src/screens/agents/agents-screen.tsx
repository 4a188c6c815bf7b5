import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function AgentsScreen(): ReactNode {
  return <Page title="Agents">{null}</Page>
}
