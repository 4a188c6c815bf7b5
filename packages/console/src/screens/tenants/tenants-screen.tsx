import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function TenantsScreen(): ReactNode {
  return <Page title="Tenants">{null}</Page>
}
