import { ArrowLeft } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'
import css from './kit.module.css'

/** A screen: its one heading, what it is for, its actions, and what it shows. */
export function Page(props: {
  readonly title: string
  readonly about?: ReactNode
  readonly actions?: ReactNode
  /** The screen that this one is a part of. */
  readonly back?: { readonly to: string; readonly name: string }
  readonly children: ReactNode
}): ReactNode {
  const { title, about, actions, back, children } = props
  useEffect(() => {
    document.title = `${title} · Plinth`
  }, [title])
  return (
    <div className={css.page}>
      <div className={css.pageHead}>
        <div className={css.pageTitle}>
          {back && (
            <Link className={css.back} to={back.to}>
              <ArrowLeft size={14} aria-hidden="true" />
              {back.name}
            </Link>
          )}
          <h1>{title}</h1>
          {about !== undefined && <p>{about}</p>}
        </div>
        {actions !== undefined && <div className={css.row}>{actions}</div>}
      </div>
      {children}
    </div>
  )
}

/** A part of a screen, with a heading of its own. */
export function Panel(props: {
  readonly title: string
  readonly actions?: ReactNode
  /** Without space around what it holds, for tables. */
  readonly flush?: boolean
  readonly children: ReactNode
}): ReactNode {
  const { title, actions, flush = false, children } = props
  return (
    <section className={css.panel} aria-label={title}>
      <div className={css.panelHead}>
        <h2>{title}</h2>
        {actions !== undefined && <div className={css.row}>{actions}</div>}
      </div>
      <div className={flush ? `${css.panelBody} ${css.flush}` : css.panelBody}>{children}</div>
    </section>
  )
}

/** Things beside one another, wrapping. */
export function Row({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={css.row}>{children}</div>
}

/** Things below one another. */
export function Stack({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={css.stack}>{children}</div>
}

/** As many columns as there is room for. */
export function Columns({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={css.columns}>{children}</div>
}
