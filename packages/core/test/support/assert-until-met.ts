import fc from 'fast-check'
import { expect } from 'vitest'

/** What chance left out once, it hardly does again and again. */
const mostTimes = 5

/**
 * Asserts a property, and again as long as it has not met everything that it is about: so that it can't pass without it, and doesn't fail
 * because chance left it out.
 * @param met what the runs have met so far.
 */
export async function assertUntilMet<Values>(
  property: fc.IAsyncProperty<Values>,
  parameters: fc.Parameters<Values>,
  kinds: readonly string[],
  met: ReadonlyMap<string, number>,
): Promise<void> {
  const unmet = (): string[] => kinds.filter((kind) => !met.has(kind))
  for (let times = 0; times === 0 || (times < mostTimes && unmet().length > 0); times++) await fc.assert(property, parameters)
  expect(unmet()).toEqual([])
}
