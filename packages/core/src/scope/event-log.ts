/** Finding one's place in a tenant's event log. @module */
import type { Uses } from './scope.ts'

/** Commits of one moment may stand in the log in another order than their times; never so far apart. */
const disorder = 1_000

/**
 * The sequence of the first event at or after a time (milliseconds UTC), found by halving; behind the newest when there is none.
 * @param newest the sequence of the newest event.
 */
export async function firstSequenceSince(scope: Uses<'state'>, time: number, newest: number): Promise<number> {
  const [oldest] = await scope.state.events({ after: 0, limit: 1 })
  let low = oldest?.sequence ?? newest + 1
  let high = newest + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [event] = await scope.state.events({ after: middle - 1, limit: 1 })
    if ((event?.time ?? time) >= time) high = middle
    else low = middle + 1
  }
  const before = await scope.state.events({ after: Math.max(0, low - 1 - disorder), limit: disorder })
  return before.find((event) => event.time >= time && event.sequence < low)?.sequence ?? low
}

/** The sequence of the newest event, 0 when there is none: found by doubling and halving, since sequences have no gaps. */
export async function newestSequence(scope: Uses<'state'>): Promise<number> {
  const beyond = async (after: number): Promise<boolean> => (await scope.state.events({ after, limit: 1 })).length === 0
  let high = 1
  while (!(await beyond(high))) high *= 2
  let low = Math.floor(high / 2)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await beyond(middle)) high = middle
    else low = middle + 1
  }
  return high
}
