import { InvalidInputError } from '../../errors.ts'
import type { Uses } from '../../scope/scope.ts'
import { filterInTurns } from './filter-in-turns.ts'
import type { Finding } from './matches.ts'

/** What was found on the way in or out; counts, never values. */
export interface DirectedFinding extends Finding {
  readonly direction: 'input' | 'output'
}

/**
 * What a caller sends, through its tenant's filters: to be done before it is kept, logged, embedded or shown to a model.
 * @param field where it stood, for the error.
 * @throws InvalidInputError `content_blocked`; UnavailableError `filter_failed`, and nothing is let through.
 */
export async function filterInput(
  { clock, tenant: { filters } }: Uses<never>,
  text: string,
  field: string,
): Promise<{ readonly text: string; readonly findings: readonly DirectedFinding[] }> {
  if (Object.keys(filters.input).length === 0) return { text, findings: [] }
  const filtered = await filterInTurns(clock, text, filters, 'input')
  if (filtered.blocked !== undefined) {
    const message = `The tenant's filters refuse this text (${filtered.blocked}).`
    throw new InvalidInputError(message, { code: 'content_blocked', field })
  }
  return { text: filtered.text, findings: directed('input', filtered.findings) }
}

export function directed(direction: 'input' | 'output', findings: readonly Finding[]): readonly DirectedFinding[] {
  return findings.map((finding) => ({ direction, ...finding }))
}
