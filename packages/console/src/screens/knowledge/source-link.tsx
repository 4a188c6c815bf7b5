import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { putSource, type Stretch } from './stretch.ts'

/** A place in a document. */
export interface Place extends Stretch {
  readonly document_id: string
}

/** A link that opens a place of a document beside what is shown. */
export function SourceLink(props: {
  readonly place: Place
  readonly className?: string | undefined
  readonly title?: string
  readonly children: ReactNode
}): ReactNode {
  const { place, className, title, children } = props
  const [query] = useSearchParams()
  const next = new URLSearchParams(query)
  putSource(next, place)
  const isOpen = ['source', 'start', 'end'].every((name) => next.get(name) === query.get(name))
  return (
    <Link to={{ search: `?${next}` }} className={className} title={title} aria-current={isOpen ? 'location' : undefined}>
      {children}
    </Link>
  )
}
