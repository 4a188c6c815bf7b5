import { isObject } from '../../json.ts'
import { isListed } from '../../ports/tool-source.ts'
import { orderOf } from './graph.ts'
import { type Plan, planForm, planLimits, type Step } from './plan.ts'
import { mostPlannedSteps } from './planner-prompt.ts'
import { orchestrator, type PlanRules } from './validate-plan.ts'

/** Of the form of a plan: longer texts are cut, or left out where half of one would mislead. */
const longestText = 2_000
const mostCriteria = 50
const longestName = 64

/**
 * The last try with a model's plan, by rules: ids that are there twice get a number, agents that don't exist become the one whose name is
 * nearest, dependencies that lead nowhere or in a circle are left out. Nothing is added that the model didn't want.
 * @returns undefined where nothing of a plan is left.
 */
export function mendPlan(value: unknown, { agents, begun }: PlanRules): Plan | undefined {
  const raw = asObject(value)
  const steps = Array.isArray(raw?.steps) ? raw.steps.slice(0, mostPlannedSteps) : []
  const mended: Step[] = []
  /** What the model called each, to what it is called now; the first one of a name has it. */
  const names = new Map<string, string>([...(begun?.done ?? [])].map((id) => [id, id]))
  for (const [index, each] of steps.entries()) {
    const step = asObject(each)
    const prompt = typeof step?.prompt === 'string' ? step.prompt.trim().slice(0, planLimits.prompt).toWellFormed() : ''
    const agent_type = nearest(named(step?.agent_type) ?? '', [...agents.keys()])
    if (!step || prompt === '' || agent_type === undefined) continue
    const given = named(step.id) ?? `step-${index + 1}`
    const id = freeId(given, new Set([...(begun?.taken ?? []), ...mended.map((other) => other.id)]))
    if (!names.has(given)) names.set(given, id)
    const known = agents.get(agent_type)?.tools ?? []
    const tools = Array.isArray(step.tools)
      ? step.tools.filter((tool) => typeof tool === 'string' && isListed(known, tool))
      : undefined
    const dependencies = Array.isArray(step.dependencies) ? step.dependencies.flatMap((each) => named(each) ?? []) : []
    mended.push({ ...withoutFaults(step), id, agent_type, prompt, dependencies, ...(tools && { tools }) })
  }
  const linked = unwound(
    mended.map((step) => ({
      ...step,
      dependencies: [...new Set(step.dependencies.flatMap((needed) => names.get(needed) ?? []))].filter((id) => id !== step.id),
    })),
  )
  const goal = typeof raw?.goal === 'string' ? raw.goal.slice(0, planLimits.prompt).toWellFormed() : ''
  const criteria = Array.isArray(raw?.success_criteria) ? raw.success_criteria.filter(isCriterion).slice(0, mostCriteria) : []
  const parsed = planForm.safeParse({ goal, success_criteria: criteria, steps: linked })
  return parsed.success ? parsed.data : undefined
}

/** A name as models give it; anything else that they write there is none. */
function named(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** What else a step says, where it is of the form. Whoever was to be asked before it starts still is. */
function withoutFaults({ expected_output, approval }: Readonly<Record<string, unknown>>): Partial<Step> {
  return {
    ...(isCriterion(expected_output) ? { expected_output } : {}),
    ...(approval === undefined || approval === null || approval === false ? {} : { approval: true }),
  }
}

function isCriterion(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longestText
}

/** The id as it was given, as far as it can be one and is free. */
export function freeId(given: string, taken: ReadonlySet<string>): string {
  const base = given.replaceAll(/[^A-Za-z0-9._:-]+/g, '-').slice(0, 56) || 'step'
  if (!taken.has(base) && !/^\.{1,2}$/.test(base)) return base
  for (let number = 2; ; number++) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`
}

/** Without the dependencies that lead from a step to one that waits for it: of a circle's steps the first goes first. */
function unwound(steps: readonly Step[]): readonly Step[] {
  let left = steps
  for (let circular = orderOf(left).circular; circular.length > 0; circular = orderOf(left).circular) {
    const waiting = new Set(circular)
    const first = circular[0]
    left = left.map((step) =>
      step.id === first ? { ...step, dependencies: step.dependencies.filter((id) => !waiting.has(id)) } : step,
    )
  }
  return left
}

/** The name that differs the least; undefined where all are too far away. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().trim().slice(0, longestName)
  let best: string | undefined
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1
  for (const candidate of names) {
    if (candidate === orchestrator) continue
    // "researcher", "research agent", "data-analysis"
    const distance =
      wanted !== '' && (wanted.includes(candidate) || candidate.includes(wanted)) ? 1 : distanceOf(wanted, candidate)
    if (candidate === wanted) return candidate
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** Levenshtein's distance: letters put in, left out or changed. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let line = 1; line <= one.length; line++) {
    const next = [line]
    for (let place = 1; place <= other.length; place++) {
      const same = one[line - 1] === other[place - 1] ? 0 : 1
      next.push(Math.min((next[place - 1] ?? 0) + 1, (row[place] ?? 0) + 1, (row[place - 1] ?? 0) + same))
    }
    row = next
  }
  return row[other.length] ?? 0
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isObject(value) ? value : undefined
}
