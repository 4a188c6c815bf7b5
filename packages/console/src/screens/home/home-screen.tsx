import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function HomeScreen(): ReactNode {
  return <Page title="Home">{null}</Page>
}
