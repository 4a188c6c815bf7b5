import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function AdvisorScreen(): ReactNode {
  return <Page title="Advisor">{null}</Page>
}
