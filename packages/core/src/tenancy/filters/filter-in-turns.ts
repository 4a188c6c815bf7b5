import { type Clock, sleep } from '../../ports/clock.ts'
import { applyTenantFilters } from './apply-tenant-filters.ts'
import { builtInDetectors } from './detectors/detectors.ts'
import type { FilterSettings } from './filter-settings.ts'
import { type Direction, FilterStream } from './filter-stream.ts'
import type { Filtered, Match } from './matches.ts'

/** So many characters are looked at in one go: some milliseconds of prose, some tens of the worst that there is. */
export const turnCharacters: number = 8_192

/**
 * The same as {@link applyTenantFilters}, but of a long text a piece at a time: whoever else waits for the process has a turn in between,
 * so that one tenant's text holds up nobody. A text that is refused is looked at no further.
 * @param surroundings what was found in it when it was read together with what stands around it.
 * @throws UnavailableError `filter_failed`.
 */
export async function filterInTurns(
  clock: Clock,
  text: string,
  settings: FilterSettings,
  direction: Direction,
  surroundings: readonly Match[] = [],
): Promise<Filtered> {
  if (text.length <= turnCharacters && surroundings.length === 0) return applyTenantFilters(text, settings, direction)
  const stream = new FilterStream(settings, direction, builtInDetectors, surroundings)
  let given = ''
  for (let at = 0; at < text.length && stream.blocked === undefined; at += turnCharacters) {
    if (at > 0) await sleep(clock, 0)
    given += stream.push(text.slice(at, at + turnCharacters))
  }
  if (stream.blocked === undefined) given += stream.end()
  const { blocked, findings } = stream
  return blocked === undefined ? { text: given, findings } : { text: '', findings, blocked }
}
