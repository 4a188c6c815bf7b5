import type { PlannedStep } from './workflow.ts'

type Linked = Pick<PlannedStep, 'id' | 'dependencies'>

/**
 * Steps by how many others lie before them on the longest way from a start: those of one level can run side by side. The API takes no plan
 * with circles, and an id that isn't there counts for nothing.
 */
export function levelsOf<Each extends Linked>(steps: readonly Each[]): readonly (readonly Each[])[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const waiting = new Map(steps.map((step) => [step.id, step.dependencies.filter((id) => byId.has(id)).length]))
  const levels: Each[][] = []
  let free = steps.filter(({ id }) => waiting.get(id) === 0)
  while (free.length > 0) {
    levels.push(free)
    const next: Each[] = []
    const done = new Set(free.map(({ id }) => id))
    for (const step of steps) {
      const met = step.dependencies.filter((id) => done.has(id)).length
      if (met === 0) continue
      const left = (waiting.get(step.id) ?? 0) - met
      waiting.set(step.id, left)
      if (left === 0) next.push(step)
    }
    free = next
  }
  return levels
}

/**
 * The dependencies that say more than others do: what a step needs by way of another one that it needs is left out, so that a graph has no
 * lines behind its boxes.
 */
export function directNeeds(levels: readonly (readonly Linked[])[]): ReadonlyMap<string, readonly string[]> {
  const before = new Map<string, ReadonlySet<string>>()
  const direct = new Map<string, readonly string[]>()
  for (const { id, dependencies } of levels.flat()) {
    const known = dependencies.filter((needed) => before.has(needed))
    const further = new Set(known.flatMap((needed) => [...(before.get(needed) ?? [])]))
    direct.set(
      id,
      known.filter((needed) => !further.has(needed)),
    )
    before.set(id, new Set([...further, ...known]))
  }
  return direct
}

/** The steps that need this one. */
export function dependantsOf(steps: readonly Linked[], id: string): readonly string[] {
  return steps.filter(({ dependencies }) => dependencies.includes(id)).map((step) => step.id)
}
