import type { UseQueryResult } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, Info, Lock, TriangleAlert } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { Problem } from '../api/client.ts'
import { useReachedAgain } from '../api/reached-again.ts'
import { Button } from './button.tsx'
import { faultAt } from './faults.ts'
import css from './kit.module.css'

export function Loading({ what = 'Loading' }: { readonly what?: string }): ReactNode {
  return (
    <div className={css.loading} role="status">
      <span className={css.spinner} aria-hidden="true" />
      {what} …
    </div>
  )
}

/** Nothing is there yet: says so, and what to do. */
export function Empty(props: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className={css.empty}>
      <strong>{props.title}</strong>
      {props.children}
    </div>
  )
}

const icons = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert }

export function Notice(props: {
  readonly tone?: keyof typeof icons
  readonly children: ReactNode
  readonly ref?: RefObject<HTMLDivElement | null>
}): ReactNode {
  const { tone = 'info', children, ref } = props
  const Icon = icons[tone]
  return (
    <div ref={ref} className={`${css.notice} ${css[tone] ?? ''}`} role={tone === 'bad' ? 'alert' : 'note'}>
      <Icon size={16} aria-hidden="true" />
      <div>{children}</div>
    </div>
  )
}

/** What went wrong, in the server's words, with its code and the id to look it up by. Within what was sent it comes into sight. */
export function ProblemNotice(props: {
  readonly error: unknown
  /** Of a form: those that say themselves what is wrong with them. */
  readonly fields?: readonly string[]
  /** Of what is asked for again by itself, too. */
  readonly onRetry?: () => void
}): ReactNode {
  const { error, fields = [], onRetry } = props
  const notice = useRef<HTMLDivElement>(null)
  const isReachedAgain = useReachedAgain(onRetry ? undefined : error)
  useEffect(() => {
    if (error && notice.current?.closest('form, [role="dialog"], [role="alertdialog"]'))
      notice.current.scrollIntoView({ block: 'nearest' })
  }, [error])
  if (isReachedAgain) return <Notice tone="warn">The server didn’t answer. It does again now: try once more.</Notice>
  if (error instanceof Problem && error.code === 'permission_denied') return <NoPermission detail={error.message} />
  const problem = error instanceof Problem ? error : undefined
  if (problem && faultAt(problem, ...fields) !== undefined) return <Marked />
  return (
    <Notice tone="bad" ref={notice}>
      <div>{error instanceof Error ? error.message : String(error)}</div>
      {problem?.field !== undefined && (
        <div>
          Field: <code>{problem.field}</code>
        </div>
      )}
      {problem?.requestId !== undefined && (
        <div>
          <code>{problem.code}</code>, request <code>{problem.requestId}</code>
        </div>
      )}
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Notice>
  )
}

/** Which field it is may be out of sight. */
function Marked(): ReactNode {
  const words = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const form = words.current?.closest('form') ?? document
    // With its name.
    form.querySelector('[aria-invalid="true"]')?.parentElement?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <Notice tone="bad">
      <div ref={words}>Look at the marked field.</div>
    </Notice>
  )
}

/** For screens and parts that the token doesn't open. */
export function NoPermission({ detail, permission }: { readonly detail?: string; readonly permission?: string }): ReactNode {
  return (
    <Empty title="Not for this token">
      <Lock size={20} aria-hidden="true" />
      <span>{detail ?? `It lacks the permission ${permission}. Sign in with one that has it.`}</span>
    </Empty>
  )
}

/** Shows what a query found, or that it is on its way, or why it failed. What was there before stays in sight while it is asked anew. */
export function Loaded<Data>(props: {
  readonly query: UseQueryResult<Data>
  readonly what?: string
  readonly children: (data: Data) => ReactNode
}): ReactNode {
  const { query, what, children } = props
  // What is refused now isn't shown, nor is it said that there is none of it.
  const isRefused = query.error instanceof Problem && query.error.status === 403
  if (query.data !== undefined && !isRefused)
    return (
      <>
        {query.error !== null && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    )
  if (query.error !== null) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  return <Loading {...(what === undefined ? {} : { what })} />
}
