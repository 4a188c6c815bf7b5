import type { ReactNode } from 'react'
import css from './kit.module.css'
import { lazyPart } from './lazy-part.tsx'

const Rendered = lazyPart(() => import('./rendered-markdown.tsx'))

/** Markdown of whoever wrote it, as elements: no HTML of its own, no images from elsewhere, no links but to the web. */
export function Markdown({ text }: { readonly text: string }): ReactNode {
  return (
    <div className={css.markdown}>
      <Rendered text={text} />
    </div>
  )
}
