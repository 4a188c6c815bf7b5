import type { Uses } from '../scope/scope.ts'
import { filterInTurns } from '../tenancy/filters/filter-in-turns.ts'
import { type DirectedFinding, directed } from '../tenancy/filters/filter-input.ts'
import { FilterStream } from '../tenancy/filters/filter-stream.ts'
import type { FilterTurns } from '../tenancy/filters/filter-turns.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'

type Filters = Pick<TenantSettings, 'filters'>

/** What is left of an answer behind the tenant's output filters (R103). */
export interface FilteredText {
  /** Empty when it was blocked. */
  readonly text: string
  readonly blocked: boolean
  readonly findings: readonly DirectedFinding[]
}

/**
 * @param turns those of the work that it is a part of, where there is more.
 * @throws UnavailableError `filter_failed`.
 */
export async function filterAnswer(
  { clock, tenant: { filters } }: Uses<never>,
  text: string,
  turns?: FilterTurns,
): Promise<FilteredText> {
  if (Object.keys(filters.output).length === 0) return { text, blocked: false, findings: [] }
  const { findings, blocked, ...filtered } = await filterInTurns(clock, text, filters, 'output', { turns })
  return { ...filtered, blocked: blocked !== undefined, findings: directed('output', findings) }
}

/**
 * Shows a growing text as far as the filters let it be seen: what is shown is always a beginning of what {@link filterAnswer} gives.
 * @param show is told of the text so far, each time that it grew.
 */
export function filteredShow({ filters }: Filters, show: (text: string) => void): (text: string) => void {
  if (Object.keys(filters.output).length === 0) return show
  const stream = new FilterStream(filters, 'output')
  let seen = 0
  let shown = ''
  return (text) => {
    const more = stream.push(text.slice(seen))
    seen = text.length
    if (more === '') return
    shown += more
    show(shown)
  }
}
