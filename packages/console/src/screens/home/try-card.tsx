import type { LucideIcon } from 'lucide-react'
import { ArrowRight, Check, Play } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { Problem } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import type { Step } from '../../api/snippets.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatDuration } from '../../kit/format.ts'
import { ProblemNotice } from '../../kit/states.tsx'
import css from './home.module.css'

/** Given to what a card does. */
export interface Running {
  readonly signal: AbortSignal
  /** What it does now, in a few words. */
  tell(step: string): void
}

/** What each card is given. */
export interface Tried {
  /** Runs anew with each. */
  readonly round: number
  /** All of them are needed. */
  readonly permissions: readonly string[]
}

type State<Result> =
  | { readonly is: 'new' }
  | { readonly is: 'running'; readonly step: string }
  | { readonly is: 'done'; readonly result: Result; readonly took: number }
  | { readonly is: 'failed'; readonly error: unknown }

/** A pattern at work on sample input: the input, one button, and what came of it. */
export function TryCard<Result>(
  props: Tried & {
    readonly title: string
    readonly about: string
    readonly icon: LucideIcon
    /** What it does, as calls of the API in their order, each time for something new. */
    readonly steps: () => readonly Step[]
    readonly run: (running: Running) => Promise<Result>
    readonly show: (result: Result) => ReactNode
    readonly link: (result: Result | undefined) => { readonly to: string; readonly name: string }
    /** The input. */
    readonly children: ReactNode
  },
): ReactNode {
  const { title, about, icon: Icon, permissions, steps, round, show, children } = props
  const held = useSession().permissions
  const missing = permissions.filter((one) => !held.includes(one))
  const { state, start } = useRun(props.run, missing.length === 0, round)
  const link = props.link(state.is === 'done' ? state.result : undefined)
  return (
    <section className={css.card} aria-label={title}>
      <h3>
        <Icon size={16} aria-hidden="true" /> {title}
      </h3>
      <p className={css.about}>{about}</p>
      {missing.length > 0 ? (
        <p className={css.missing}>This token lacks {missing.join(' and ')}.</p>
      ) : (
        <>
          <div className={css.input}>{children}</div>
          <div className={css.actions}>
            <Button size="small" look="primary" busy={state.is === 'running'} onClick={() => void start()}>
              {state.is !== 'running' && <Play size={14} aria-hidden="true" />}
              {state.is === 'done' || state.is === 'failed' ? 'Run again' : 'Run'}
            </Button>
            <CopyCall call={steps} />
            <span className={css.step} role="status">
              {state.is === 'running' && `${state.step} …`}
              {state.is === 'done' && (
                <span className={css.took}>
                  <Check size={14} aria-hidden="true" /> done in {formatDuration(state.took)}
                </span>
              )}
            </span>
          </div>
          {state.is === 'failed' && <ProblemNotice error={state.error} />}
          {state.is === 'done' && <div className={css.result}>{show(state.result)}</div>}
          <Link className={css.onward} to={link.to}>
            {link.name} <ArrowRight size={14} aria-hidden="true" />
          </Link>
        </>
      )}
    </section>
  )
}

/** One run at a time, which ends with the card. */
function useRun<Result>(
  run: (running: Running) => Promise<Result>,
  may: boolean,
  round: number,
): { readonly state: State<Result>; start(): Promise<void> } {
  const [state, setState] = useState<State<Result>>({ is: 'new' })
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const start = async (): Promise<void> => {
    running.current?.abort()
    const stop = new AbortController()
    running.current = stop
    const began = performance.now()
    const put = (next: State<Result>): void => {
      if (!stop.signal.aborted) setState(next)
    }
    put({ is: 'running', step: 'Sending' })
    try {
      const result = await run({ signal: stop.signal, tell: (step) => put({ is: 'running', step }) })
      put({ is: 'done', result, took: performance.now() - began })
    } catch (error) {
      put({ is: 'failed', error })
    }
  }
  const latest = useRef(start)
  latest.current = start
  useEffect(() => {
    if (round > 0 && may) void latest.current()
  }, [round, may])
  return { state, start }
}

/** Milliseconds. */
const pause = 250
const patience = 60_000

/**
 * Asks again and again, until there is what is looked for.
 * @throws Problem when that takes too long.
 */
export async function untilFound<Found>(
  { signal }: Running,
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const end = performance.now() + patience
  while (performance.now() < end) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise<void>((resolve) => setTimeout(resolve, pause))
    signal.throwIfAborted()
  }
  throw new Problem({ status: 0, code: 'late', detail: `There is no ${what} after ${patience / 1_000} seconds.` })
}
