import { InvalidInputError } from '../../errors.ts'
import type { Uses } from '../../scope/scope.ts'
import { filterInTurns } from './filter-in-turns.ts'
import type { FilterKind } from './filter-settings.ts'
import { filterTogether } from './filter-together.ts'
import type { FilterTurns } from './filter-turns.ts'
import type { Finding } from './matches.ts'

/** What was found on the way in or out; counts, never values. */
export interface DirectedFinding extends Finding {
  readonly direction: 'input' | 'output'
}

/** What the filters left of a text. */
export interface FilteredInput {
  readonly text: string
  readonly findings: readonly DirectedFinding[]
}

/**
 * What a caller sends, through its tenant's filters: to be done before it is kept, logged, embedded or shown to a model.
 * @param field where it stood, for the error.
 * @param turns those of the work that it is a part of, where there is more.
 * @throws InvalidInputError `content_blocked`; UnavailableError `filter_failed`, and nothing is let through.
 */
export async function filterInput(scope: Uses<never>, text: string, field: string, turns?: FilterTurns): Promise<FilteredInput> {
  const [filtered] = await filterInputs(scope, [{ text, field }], turns)
  return filtered ?? { text: '', findings: [] }
}

/** The same of texts that are read one after the other: also what is split over several of them is found. @throws what `filterInput` does. */
export async function filterInputs(
  { clock, tenant: { filters } }: Uses<never>,
  given: readonly { readonly text: string; readonly field: string }[],
  turns?: FilterTurns,
): Promise<readonly FilteredInput[]> {
  if (Object.keys(filters.input).length === 0) return given.map(({ text }) => ({ text, findings: [] }))
  const texts = given.map(({ text }) => text)
  const filtered = await filterTogether(clock, texts, filters, 'input', turns)
  return filtered.map(({ text, findings, blocked }, index) => {
    if (blocked !== undefined) throw refused(`refuse this text (${blocked})`, given[index]?.field)
    return { text, findings: directed('input', findings) }
  })
}

/**
 * Has the filters look at what can't be changed, such as a name: where they would, it is refused. Its size isn't looked at.
 * @throws what `filterInput` does.
 */
export async function checkInput(
  { clock, tenant: { filters } }: Uses<never>,
  text: string,
  field: string,
  turns?: FilterTurns,
): Promise<readonly DirectedFinding[]> {
  const { size: _, ...input } = filters.input
  if (Object.keys(input).length === 0) return []
  const filtered = await filterInTurns(clock, text, { ...filters, input }, 'input', { turns })
  const masked: FilterKind | undefined = filtered.findings.find(({ action }) => action === 'mask')?.kind
  if (filtered.blocked !== undefined) throw refused(`refuse this text (${filtered.blocked})`, field)
  if (masked !== undefined) throw refused(`would mask something here (${masked}), where nothing can be changed`, field)
  return directed('input', filtered.findings)
}

function refused(what: string, field: string | undefined): InvalidInputError {
  const message = `The tenant's filters ${what}.`
  return new InvalidInputError(message, { code: 'content_blocked', ...(field === undefined ? {} : { field }) })
}

export function directed(direction: 'input' | 'output', findings: readonly Finding[]): readonly DirectedFinding[] {
  return findings.map((finding) => ({ direction, ...finding }))
}
