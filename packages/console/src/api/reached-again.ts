import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Problem } from './client.ts'
import { useSessionEnd } from './session.ts'

/** @param error of something that isn't tried again by itself. @returns whether the server, which couldn't be reached then, answers again. */
export function useReachedAgain(error: unknown): boolean {
  const queries = useQueryClient()
  const [ended, setEnded] = useState<Problem>()
  const outage = error instanceof Problem && error.status === 0 ? error : undefined
  // A screen may ask for nothing by itself; who is signed in is asked for until there is an answer.
  const ask = useSessionEnd()
  // biome-ignore lint/correctness/useExhaustiveDependencies: what asks is made anew each time
  useEffect(() => {
    if (!outage) return
    const stop = queries.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'success' && !event.action.manual) setEnded(outage)
    })
    ask()
    return stop
  }, [outage, queries])
  return outage !== undefined && outage === ended
}
