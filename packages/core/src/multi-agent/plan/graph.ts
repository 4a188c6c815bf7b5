/** The shape of a plan's dependencies. @module */
import { canonicalJson, type JsonObject } from '../../json.ts'
import type { Step } from './plan.ts'

type Linked = Pick<Step, 'id' | 'dependencies'>

/** For each step those that need it. Dependencies on steps that aren't there are left out. */
export function dependantsOf(steps: readonly Linked[]): ReadonlyMap<string, readonly string[]> {
  const dependants = new Map<string, string[]>(steps.map(({ id }) => [id, []]))
  for (const { id, dependencies } of steps) for (const needed of new Set(dependencies)) dependants.get(needed)?.push(id)
  return dependants
}

/** These steps, and all that depend on them, directly or through others. */
export function withAllBehind(steps: readonly Linked[], ids: Iterable<string>): ReadonlySet<string> {
  const dependants = dependantsOf(steps)
  const behind = new Set(ids)
  for (const id of behind) for (const dependant of dependants.get(id) ?? []) behind.add(dependant)
  return behind
}

export interface Order {
  /** Each step behind all that it needs. */
  readonly order: readonly string[]
  /** How many steps lie before it on the longest way from a start. */
  readonly levels: ReadonlyMap<string, number>
  /** Steps that wait for each other, or for one that does; empty where the plan is sound. */
  readonly circular: readonly string[]
}

/** Kahn's algorithm: topological order, and what it can't reach. Doesn't use the call stack, whatever the depth. */
export function orderOf(steps: readonly Linked[], dependants: ReturnType<typeof dependantsOf> = dependantsOf(steps)): Order {
  const waiting = new Map(
    steps.map(({ id, dependencies }) => [id, new Set(dependencies.filter((needed) => dependants.has(needed))).size]),
  )
  const levels = new Map<string, number>()
  const order: string[] = []
  for (const { id } of steps) if (waiting.get(id) === 0) order.push(id)
  for (const id of order) levels.set(id, 0)
  for (let next = 0; next < order.length; next++) {
    const id = order[next] ?? ''
    for (const dependant of dependants.get(id) ?? []) {
      levels.set(dependant, Math.max(levels.get(dependant) ?? 0, (levels.get(id) ?? 0) + 1))
      const left = (waiting.get(dependant) ?? 0) - 1
      waiting.set(dependant, left)
      if (left === 0) order.push(dependant)
    }
  }
  const reached = new Set(order)
  return { order, levels, circular: steps.map(({ id }) => id).filter((id) => !reached.has(id)) }
}

/** Steps of one circle, each behind one that it needs, from the one that the plan names first; empty where the plan is sound. */
export function circleIn(steps: readonly Linked[]): readonly string[] {
  const circular = new Set(orderOf(steps).circular)
  const needs = new Map(steps.map(({ id, dependencies }) => [id, dependencies.find((needed) => circular.has(needed))]))
  const way: string[] = []
  const places = new Map<string, number>()
  let [next] = circular
  while (next !== undefined && !places.has(next)) {
    places.set(next, way.push(next) - 1)
    next = needs.get(next)
  }
  if (next === undefined) return []
  const circle = way.slice(places.get(next)).reverse()
  const first = circle.indexOf(steps.find(({ id }) => circle.includes(id))?.id ?? '')
  return [...circle.slice(first), ...circle.slice(0, first)]
}

/** How many steps, itself included, lie on the longest way from each step to an end: the longer, the earlier it should run. */
export function remainingPaths(
  steps: readonly Linked[],
  dependants: ReturnType<typeof dependantsOf> = dependantsOf(steps),
): ReadonlyMap<string, number> {
  const remaining = new Map<string, number>()
  for (const id of orderOf(steps, dependants).order.toReversed()) {
    let longest = 0
    for (const dependant of dependants.get(id) ?? []) longest = Math.max(longest, remaining.get(dependant) ?? 0)
    remaining.set(id, longest + 1)
  }
  return remaining
}

/** The steps that none needs: where the plan ends. */
export function sinksOf<Each extends Linked>(steps: readonly Each[]): readonly Each[] {
  const needed = new Set(steps.flatMap(({ dependencies }) => dependencies))
  return steps.filter(({ id }) => !needed.has(id))
}

/** The ids of steps that are new, or not what they were before. */
export function changedSteps(before: readonly Step[], now: readonly Step[]): readonly string[] {
  const known = new Map(before.map((step) => [step.id, contentOf(step)]))
  return now.filter((step) => known.get(step.id) !== contentOf(step)).map(({ id }) => id)
}

function contentOf(step: Step): string {
  return canonicalJson(step as unknown as JsonObject)
}
