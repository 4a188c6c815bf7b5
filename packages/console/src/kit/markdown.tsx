import { lazy, type ReactNode, Suspense } from 'react'
import css from './kit.module.css'
import { Loading } from './states.tsx'

const Rendered = lazy(() => import('./rendered-markdown.tsx'))

/** Markdown of whoever wrote it, as elements: no HTML of its own, no images from elsewhere, no links but to the web. */
export function Markdown({ text }: { readonly text: string }): ReactNode {
  return (
    <div className={css.markdown}>
      <Suspense fallback={<Loading />}>
        <Rendered text={text} />
      </Suspense>
    </div>
  )
}
