import type { ReactNode } from 'react'
import css from './home.module.css'

/** What came back, in its own words; longer than the card has room for it can be scrolled, also by keyboard. */
export function Words({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className={css.words} tabIndex={0} role="group" aria-label={name}>
      {children}
    </div>
  )
}
