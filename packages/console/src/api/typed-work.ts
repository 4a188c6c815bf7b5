/** What was typed on the page and is kept nowhere else. @module */
import { useRef, useState } from 'react'

/** A form, as whoever would take it away has to know it. */
export interface TypedWork {
  /** As it was drawn last. */
  readonly isChanged: boolean
  /** At this moment: what was sent or let go isn't lost, though it still stands there. */
  readonly isUnsaved: () => boolean
  /** It was sent, or may be thrown away. What is typed after that counts anew. */
  readonly letGo: () => void
}

/** @param typed all that a form holds. @param saved what it held at its beginning, or holds where it is kept. */
export function useTypedWork(typed: unknown, saved: unknown): TypedWork {
  const now = JSON.stringify(typed)
  const isChanged = now !== JSON.stringify(saved)
  const latest = useRef({ now, isChanged, gone: '' })
  latest.current = { ...latest.current, now, isChanged }
  const [acts] = useState(() => ({
    isUnsaved: () => latest.current.isChanged && latest.current.now !== latest.current.gone,
    letGo: () => {
      latest.current.gone = latest.current.now
    },
  }))
  return { isChanged, ...acts }
}

const held = new Set<TypedWork>()

/** Counts a form as one that is in sight. @returns what ends that. */
export function hold(work: TypedWork): () => void {
  held.add(work)
  return () => held.delete(work)
}

/** Whether something in sight would be lost with the page. */
export function isTypedWorkHeld(): boolean {
  return [...held].some(({ isUnsaved }) => isUnsaved())
}
