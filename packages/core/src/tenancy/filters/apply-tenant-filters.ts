import { builtInDetectors } from './detectors/detectors.ts'
import type { FilterSettings } from './filter-settings.ts'
import { type Direction, FilterStream } from './filter-stream.ts'
import type { Detectors, Filtered } from './matches.ts'

/**
 * A tenant's filters over a whole text (R103, X69): apply_tenant_filters of the seed. Throws `filter_failed` when a filter fails:
 * the text is then neither given back nor let through. The work is linear in the length of the text.
 */
export function applyTenantFilters(
  text: string,
  settings: FilterSettings,
  direction: Direction,
  detectors: Detectors = builtInDetectors,
): Filtered {
  const stream = new FilterStream(settings, direction, detectors)
  const filtered = stream.push(text) + stream.end()
  const blocked = stream.blocked
  return blocked === undefined ? { text: filtered, findings: stream.findings } : { text: '', findings: stream.findings, blocked }
}
