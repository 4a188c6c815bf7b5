import { LimitError } from '../../errors.ts'
import type { Uses } from '../../scope/scope.ts'
import type { RecordWrite } from '../../scope/state.ts'

/**
 * Refuses what a commit of these writes would be refused for now, in the same order: before work that would be in vain. Whether there is
 * room indeed, only the commit decides.
 * @throws LimitError, as the commit would.
 */
export async function refuseEarly({ state }: Uses<'state'>, writes: readonly RecordWrite[]): Promise<void> {
  const bounded = writes.filter((write) => 'count' in write).filter(({ max }) => max !== undefined)
  const found = await Promise.all(bounded.map((write) => state.get(write.count, write.place)))
  for (const [index, { count, place, amounts, max = {} }] of bounded.entries()) {
    const counts = (found[index]?.fields ?? {}) as Readonly<Record<string, number>>
    for (const [name, most] of Object.entries(max))
      if ((counts[name] ?? 0) + (amounts[name] ?? 0) > most)
        throw new LimitError(`${count.name}/${place.partition}/${place.sort ?? '@'}`)
  }
}
