import { type ComponentProps, type ReactNode, useId } from 'react'
import css from './kit.module.css'

interface Common {
  readonly label: string
  readonly hint?: ReactNode
  /** What the server, or the page, has against what was entered. */
  readonly fault?: string | undefined
}

/** A labelled input. */
export function Field(props: Common & ComponentProps<'input'>): ReactNode {
  const { label, hint, fault, ...rest } = props
  return <Labelled {...{ label, hint, fault }}>{(given) => <input {...rest} {...given} />}</Labelled>
}

/** A labelled moment, in the local time of whoever types it. */
export function LocalTimeField(props: Common & ComponentProps<'input'>): ReactNode {
  return <Field {...props} type="datetime-local" step={1} />
}

/** A labelled text of several lines. */
export function TextField(props: Common & ComponentProps<'textarea'>): ReactNode {
  const { label, hint, fault, ...rest } = props
  return <Labelled {...{ label, hint, fault }}>{(given) => <textarea {...rest} {...given} />}</Labelled>
}

/** A labelled choice of one. */
export function Choice(
  props: Common &
    Omit<ComponentProps<'select'>, 'children'> & {
      readonly options: readonly (string | { readonly value: string; readonly name: string })[]
    },
): ReactNode {
  const { label, hint, fault, options, ...rest } = props
  return (
    <Labelled {...{ label, hint, fault }}>
      {(given) => (
        <select {...rest} {...given}>
          {options.map((option) => {
            const { value, name } = typeof option === 'string' ? { value: option, name: option } : option
            return (
              <option key={value} value={value}>
                {name}
              </option>
            )
          })}
        </select>
      )}
    </Labelled>
  )
}

/** A labelled yes or no. */
export function Check(props: { readonly label: string } & ComponentProps<'input'>): ReactNode {
  const { label, ...rest } = props
  return (
    <label className={css.check}>
      <input {...rest} type="checkbox" />
      {label}
    </label>
  )
}

function Labelled(props: Common & { readonly children: (given: Described) => ReactNode }): ReactNode {
  const { label, hint, fault, children } = props
  const id = useId()
  const described = [hint === undefined ? '' : `${id}-hint`, fault === undefined ? '' : `${id}-fault`].filter(Boolean).join(' ')
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(fault === undefined ? {} : { 'aria-invalid': true }),
      })}
      {hint !== undefined && (
        <div id={`${id}-hint`} className={css.hint}>
          {hint}
        </div>
      )}
      {fault !== undefined && (
        <div id={`${id}-fault`} className={css.fault}>
          {fault}
        </div>
      )}
    </div>
  )
}

interface Described {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: boolean
}
