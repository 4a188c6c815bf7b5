import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Deed } from '../../scope/trail.ts'
import { countRequest, refusalOf } from './meter.ts'

/**
 * Takes one of the minute's requests for what costs nothing and is no use of a model, so that nobody asks for it without end.
 * @param deed told with it.
 * @throws LimitError `rate_limited` when the minute is used up.
 */
export async function takeRequest(scope: Uses<'state'>, deed?: Deed): Promise<void> {
  const writes = countRequest(scope)
  if (writes.length === 0 && !deed) return
  try {
    const durability = deed ? 'synced' : 'relaxed'
    await retryConflicts(() => scope.state.commit({ writes, durability, ...(deed ? { deed } : {}) }))
  } catch (error) {
    throw refusalOf(scope, error)
  }
}
