import { type Clock, orLeft, ToolSourceError } from '@plinth/core'

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
