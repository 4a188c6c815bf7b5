import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function RequestsScreen(): ReactNode {
  return <Page title="Requests">{null}</Page>
}
