import type { Clock } from '../../ports/clock.ts'
import { applyTenantFilters } from './apply-tenant-filters.ts'
import { builtInDetectors } from './detectors/detectors.ts'
import type { FilterSettings } from './filter-settings.ts'
import { type Direction, FilterStream } from './filter-stream.ts'
import { FilterTurns, turnCharacters } from './filter-turns.ts'
import type { Filtered, Match } from './matches.ts'

/**
 * The same as {@link applyTenantFilters}, but of a long text a piece at a time. A text that is refused is looked at no further.
 * @param options.surroundings what was found in it when it was read together with what stands around it.
 * @param options.turns those of the work that the text is a part of, where that is of many.
 * @throws UnavailableError `filter_failed`.
 */
export async function filterInTurns(
  clock: Clock,
  text: string,
  settings: FilterSettings,
  direction: Direction,
  options: { readonly surroundings?: readonly Match[] | undefined; readonly turns?: FilterTurns | undefined } = {},
): Promise<Filtered> {
  const { surroundings = [], turns = new FilterTurns(clock) } = options
  if (text.length <= turnCharacters && surroundings.length === 0) {
    await turns.before(text.length)
    return applyTenantFilters(text, settings, direction)
  }
  const stream = new FilterStream(settings, direction, builtInDetectors, surroundings)
  let given = ''
  for (let at = 0; at < text.length && stream.blocked === undefined; at += turnCharacters) {
    const piece = text.slice(at, at + turnCharacters)
    await turns.before(piece.length)
    given += stream.push(piece)
  }
  if (stream.blocked === undefined) given += stream.end()
  const { blocked, findings } = stream
  return blocked === undefined ? { text: given, findings } : { text: '', findings, blocked }
}
