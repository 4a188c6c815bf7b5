/** Rows of tables: which cell says what is asked, and how it is shown. @module */
import { type Aspect, fitOfAspect } from './aspects.ts'
import type { Statement } from './statements.ts'
import { hasAll, hasSome } from './term-sets.ts'
import { type Topic, termsIn } from './topic.ts'

/** "revenue 1250000 (region North, year 2024)": the cell that was asked for, then those that say of what. */
export function rowText(cells: NonNullable<Statement['cells']>, aspect: Aspect | undefined, topic: Topic): string {
  const shown = (some: typeof cells): string => some.map(({ column, value }) => `${column} ${value}`.trim()).join(', ')
  if (!aspect) return shown(cells)
  const { column: best = 0, isOfRow = false } = cellFor(cells, aspect, topic) ?? {}
  const of = cells[best]
  // "Weight 148 kg", and whose weight that is where there are several.
  if (isOfRow && of) return `${cells[0]?.value} ${of.value}${cells.length > 2 ? ` (${of.column})` : ''}`
  const rest = cells.filter(({ column, value }, index) => index !== best && saysOfWhat(column, value, topic))
  const wanted = cells.slice(best, best + 1)
  // With several aspects each stands behind its name.
  const first = topic.aspects.length > 1 ? (wanted[0]?.value ?? '') : shown(wanted)
  return rest.length > 0 ? `${first} (${shown(rest)})` : first
}

/**
 * The cell of a row that says what is asked: under a column that names it; or, where the row's first cell names it ("Weight | 148 kg"),
 * the only other one, or the one in the column that names of what.
 */
export function cellFor(
  cells: NonNullable<Statement['cells']>,
  aspect: Aspect,
  { names }: Topic,
): { readonly column: number; readonly fit: number; readonly isOfRow: boolean } | undefined {
  const fits = cells.map(({ column, value }) => (value === '' ? 0 : fitOfAspect(aspect, termsIn(column), new Set())))
  const most = Math.max(0, ...fits)
  const ofRow = fitOfAspect(aspect, termsIn(cells[0]?.value ?? ''), new Set())
  if (most >= ofRow) return most === 0 ? undefined : { column: fits.indexOf(most), fit: most, isOfRow: false }
  const named = cells.findIndex(({ column }, index) => index > 0 && names.size > 0 && hasAll(termsIn(column), names))
  const column = cells.length === 2 ? 1 : named
  return (cells[column]?.value ?? '') === '' ? undefined : { column, fit: ofRow, isOfRow: true }
}

function saysOfWhat(column: string, value: string, { names, years, others }: Topic): boolean {
  return (
    hasSome(termsIn(value), names) || hasSome(termsIn(value), years) || hasSome(termsIn(column), others) || /\p{L}/u.test(value)
  )
}
