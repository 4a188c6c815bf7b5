import type { ComponentProps, ReactNode } from 'react'
import type DrawnChart from './drawn-chart.tsx'
import { lazyPart } from './lazy-part.tsx'

export type { TimeSeries } from './drawn-chart.tsx'

type Props = ComponentProps<typeof DrawnChart>

const Drawn = lazyPart<Props>(
  () => import('./drawn-chart.tsx'),
  // The page doesn't jump when it comes.
  ({ height }) => <div style={{ height }} />,
)

/** Lines over time; the library that draws them comes with the first. */
export function TimeChart({ height = 240, ...rest }: Omit<Props, 'height'> & Partial<Pick<Props, 'height'>>): ReactNode {
  return <Drawn {...rest} height={height} />
}
