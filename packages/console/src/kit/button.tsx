import type { ComponentProps, ReactNode } from 'react'
import { Link } from 'react-router'
import css from './kit.module.css'

interface Look {
  readonly look?: 'plain' | 'primary' | 'danger' | 'quiet'
  readonly size?: 'usual' | 'small'
}

function classOf({ look = 'plain', size = 'usual' }: Look): string {
  return [css.button, look === 'plain' ? '' : css[look], size === 'small' ? css.small : ''].filter(Boolean).join(' ')
}

/** A button; while `busy` it can't be pressed again. One that can't be pressed keeps the focus, which the browser takes from one that is `disabled`. */
export function Button(props: Look & ComponentProps<'button'> & { readonly busy?: boolean }): ReactNode {
  const { look, size, busy = false, disabled = false, onClick, children, ...rest } = props
  const isShut = disabled || busy
  return (
    <button
      type="button"
      {...rest}
      className={classOf({ ...(look && { look }), ...(size && { size }) })}
      aria-disabled={isShut}
      aria-busy={busy}
      // Enter in a field presses it, too.
      onClick={(event) => (isShut ? event.preventDefault() : onClick?.(event))}
    >
      {busy && <span className={css.spinner} aria-hidden="true" />}
      {children}
    </button>
  )
}

/** A link to another screen that looks like a button. */
export function ButtonLink(props: Look & { readonly to: string; readonly children: ReactNode }): ReactNode {
  const { to, children, ...look } = props
  return (
    <Link to={to} className={classOf(look)}>
      {children}
    </Link>
  )
}
