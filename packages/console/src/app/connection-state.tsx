import { type ReactNode, useEffect, useState } from 'react'
import { type LiveState, live } from '../api/live.ts'
import css from './shell.module.css'

const words: Readonly<Record<LiveState, string>> = {
  idle: 'Nothing to follow',
  connecting: 'Connecting …',
  open: 'Live',
  waiting: 'Cut off; trying again',
  resting: 'Not followed while hidden',
}

/** How the page's live connection is; its state in words, too. */
export function ConnectionState(): ReactNode {
  const [state, setState] = useState<LiveState>('idle')
  useEffect(() => live.watch(setState), [])
  if (state === 'idle') return null
  return (
    <div className={css.connection} role="status" title={words[state]}>
      <span className={css.dot} data-state={state} aria-hidden="true" />
      <span>{words[state]}</span>
    </div>
  )
}
