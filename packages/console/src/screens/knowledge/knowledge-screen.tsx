import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function KnowledgeScreen(): ReactNode {
  return <Page title="Knowledge">{null}</Page>
}
