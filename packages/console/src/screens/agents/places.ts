import { directNeeds } from './levels.ts'
import type { PlannedStep } from './workflow.ts'

type Linked = Pick<PlannedStep, 'id' | 'dependencies'>

export interface Drawing {
  /** Of each step: its column, and how far from the middle line it is, in rows. */
  readonly places: ReadonlyMap<string, { readonly column: number; readonly row: number }>
  /** Of each step those of its dependencies that are drawn. */
  readonly needs: ReadonlyMap<string, readonly string[]>
  /** Rows of the fullest column. */
  readonly rows: number
}

/** In larger plans lines may pass behind boxes: to keep them apart takes too long, and too much room. */
const mostSteps = 300

/**
 * Where steps are drawn, level by level: each near the middle of what it needs (the barycentre heuristic of layered graphs), with a row left
 * free in each column that a line crosses.
 */
export function drawingOf(levels: readonly (readonly Linked[])[]): Drawing {
  const steps = levels.flat()
  const needs = steps.length > mostSteps ? new Map(steps.map(({ id, dependencies }) => [id, dependencies])) : directNeeds(levels)
  const columnOf = new Map(levels.flatMap((level, column) => level.map(({ id }) => [id, column] as const)))
  const lastUse = new Map<string, number>()
  for (const { id } of steps)
    for (const needed of needs.get(id) ?? []) lastUse.set(needed, Math.max(lastUse.get(needed) ?? 0, columnOf.get(id) ?? 0))
  const places = new Map<string, { readonly column: number; readonly row: number }>()
  /** Of the column before: steps, and lines that cross it, by the step that they come from. */
  let before = new Map<string, number>()
  let rows = 1
  for (const [column, level] of levels.entries()) {
    const near = (ids: readonly string[]): number => {
      const known = ids.flatMap((id) => before.get(id) ?? [])
      return known.length === 0 ? 0 : known.reduce((sum, row) => sum + row, 0) / known.length
    }
    const crossing = steps.length > mostSteps ? [] : [...before.keys()].filter((id) => (lastUse.get(id) ?? 0) > column)
    const entries = [
      ...level.map(({ id }) => ({ id, row: near(needs.get(id) ?? []) })),
      ...crossing.map((id) => ({ id, row: before.get(id) ?? 0 })),
    ].toSorted((one, other) => one.row - other.row)
    rows = Math.max(rows, entries.length)
    before = new Map(entries.map(({ id }, index) => [id, index - (entries.length - 1) / 2]))
    for (const { id } of level) places.set(id, { column, row: before.get(id) ?? 0 })
  }
  return { places, needs, rows }
}
