import type { ReactNode } from 'react'
import { Link } from 'react-router'
import css from './kit.module.css'

/** Figures beside one another. */
export function Figures({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={css.figures}>{children}</div>
}

/** One figure with its name; with `to` it leads to where it comes from. */
export function Figure(props: {
  readonly name: string
  readonly value: ReactNode
  readonly hint?: ReactNode
  readonly to?: string
}): ReactNode {
  const { name, value, hint, to } = props
  const inside = (
    <>
      <span className={css.figureName}>{name}</span>
      <span className={css.figureValue}>{value}</span>
      {hint !== undefined && <span className={css.hint}>{hint}</span>}
    </>
  )
  return to === undefined ? (
    <div className={css.figure}>{inside}</div>
  ) : (
    <Link className={css.figure} to={to}>
      {inside}
    </Link>
  )
}

/** How much of something is used up. */
export function Meter(props: {
  readonly name: string
  readonly value: number
  readonly of: number
  readonly text: string
}): ReactNode {
  const { name, value, of, text } = props
  const share = of > 0 ? Math.min(1, value / of) : 0
  return (
    <div className={css.meter}>
      <span className={css.hint}>
        {name}: {text}
      </span>
      <div
        className={css.meterTrack}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={of}
        aria-valuenow={Math.min(value, of)}
        aria-valuetext={text}
      >
        <span className={`${css.meterFill} ${share >= 0.9 ? css.bad : ''}`} style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  )
}

/** Names and values. */
export function Pairs({ of }: { readonly of: readonly (readonly [name: string, value: ReactNode])[] }): ReactNode {
  return (
    <dl className={css.pairs}>
      {of.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
