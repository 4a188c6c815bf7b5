import type { ComponentProps, ReactNode } from 'react'
import type DrawnChart from './drawn-chart.tsx'
import { lazyPart } from './lazy-part.tsx'

export type { TimeSeries } from './drawn-chart.tsx'

/** Lines over time; the library that draws them comes with the first. */
export const TimeChart: (props: ComponentProps<typeof DrawnChart>) => ReactNode = lazyPart(
  () => import('./drawn-chart.tsx'),
  // The page doesn't jump when it comes.
  ({ height }) => <div style={{ height }} />,
)
