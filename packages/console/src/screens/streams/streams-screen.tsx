import type { ReactNode } from 'react'
import { Page } from '../../kit/page.tsx'

export default function StreamsScreen(): ReactNode {
  return <Page title="Streams">{null}</Page>
}
