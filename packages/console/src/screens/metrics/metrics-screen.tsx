import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function MetricsScreen(): ReactNode {
  return <Page title="Metrics">{null}</Page>
}
