import type { Clock } from '../ports/clock.ts'
import { type Ticked, tickerOf, tickMilliseconds } from '../ticker.ts'
import { ModelFailure } from './failure.ts'

/**
 * Runs one call of a model for so long and no longer. A model that hangs may also ignore its signal, so the wait ends here whatever it
 * does.
 * @param limits `timeout`: for the whole answer, milliseconds; up to a tick more. `signal`: ends the wait from outside.
 * @throws ModelFailure `model_timeout`; the signal's reason; whatever `work` fails with.
 */
export function boundedCall<Result>(
  clock: Clock,
  { timeout, signal }: { readonly timeout: number; readonly signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted()
  const ticker = tickerOf(clock)
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    // The first tick may come at once.
    let ticks = Math.ceil(timeout / tickMilliseconds) + 1
    const waiting: Ticked = {
      tick: () => {
        if (--ticks === 0) stop(new ModelFailure('transient', 'model_timeout', 'The model did not answer in time.'))
      },
    }
    const end = (): void => {
      ticker.remove(waiting)
      signal?.removeEventListener('abort', onAbort)
    }
    const stop = (reason: unknown): void => {
      end()
      reject(reason)
      controller.abort(reason)
    }
    const onAbort = (): void => stop(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    ticker.add(waiting)
    // What fails at once fails so, too.
    new Promise<Result>((settle) => settle(work(controller.signal))).then(
      (result) => {
        end()
        resolve(result)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}
