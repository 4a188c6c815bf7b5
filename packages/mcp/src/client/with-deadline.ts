import { type Clock, ToolSourceError } from '@plinth/core'

/**
 * Does something that listens to a signal, and leaves it when the time is over or the caller's signal fires, whether it listens or not.
 * @throws ToolSourceError `tool_timeout`; the signal's reason.
 */
export async function withDeadline<Answer>(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  signal?.throwIfAborted()
  const over = new AbortController()
  const timer = clock.setTimer(milliseconds, () => over.abort(new ToolSourceError('tool_timeout')))
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal
  try {
    return await orLeft(work(either), either)
  } finally {
    timer.cancel()
  }
}

/** What is done, or the signal's reason as soon as it fires; what is done then goes on unseen. */
export function orLeft<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
