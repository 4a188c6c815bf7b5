import { type Clock, sleep } from '../ports/clock.ts'

/** Milliseconds after which what is ready is taken, whatever the rest still takes. */
const every = 3_000

/**
 * Takes what promises bring: all of it together if that is soon, else what there is now and then.
 * @throws what the first of them failed with, when all have settled and the others are taken.
 */
export async function asTheyCome<Result>(
  clock: Clock,
  promises: readonly Promise<Result | undefined>[],
  take: (results: readonly Result[]) => Promise<void>,
): Promise<void> {
  const ready: Result[] = []
  const failures: unknown[] = []
  let isOver = false
  const all = Promise.all(
    promises.map((each) =>
      each.then(
        (result) => void (result !== undefined && ready.push(result)),
        (error: unknown) => void failures.push(error),
      ),
    ),
  ).then(() => {
    isOver = true
  })
  while (!isOver) {
    const waiting = new AbortController()
    await Promise.race([all, sleep(clock, every, waiting.signal).catch(() => {})])
    waiting.abort()
    if (ready.length > 0) await take(ready.splice(0))
  }
  if (failures.length > 0) throw failures[0]
}
