import { InvalidInputError } from '../../errors.ts'
import { isListed } from '../../ports/tool-source.ts'
import { parseInput } from '../../read-input.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import { checkBy } from '../json-schemas.ts'
import { circleIn, orderOf } from './graph.ts'
import { formFaults } from './malformed-plan.ts'
import { namesInWords } from './names-in-words.ts'
import { type Budget, type Plan, planForm, planLimits } from './plan.ts'

/** One thing that is wrong with a plan, as a planner can mend it. */
export interface PlanFault {
  /** Where, such as `steps.2.dependencies.0`. */
  readonly field: string
  readonly code:
    | 'malformed'
    | 'duplicate_id'
    | 'unknown_agent'
    | 'orchestrator_step'
    | 'unknown_tool'
    | 'unknown_dependency'
    | 'cycle'
    | 'too_deep'
    | 'too_wide'
    | 'too_many_dependencies'
    | 'over_budget'
  readonly message: string
}

/** What a plan is judged by. */
export interface PlanRules {
  /** By their type. */
  readonly agents: ReadonlyMap<string, AgentDefinition>
  /** Of the whole run. */
  readonly budget?: Budget | undefined
  /** Steps that are there already: their ids are taken, and those that are done can be depended on. */
  readonly begun?: { readonly taken: ReadonlySet<string>; readonly done: ReadonlySet<string> } | undefined
}

export type ReadPlan = { readonly plan: Plan } | { readonly faults: readonly PlanFault[] }

/** A value that may be a plan, read and judged (X39, X40). */
export function readPlan(value: unknown, rules: PlanRules): ReadPlan {
  const parsed = parseInput(planForm, value)
  if (!parsed.success) {
    return { faults: formFaults(value, parsed.error.issues).map((fault) => ({ ...fault, code: 'malformed' })) }
  }
  const faults = faultsOfPlan(parsed.data, rules)
  return faults.length > 0 ? { faults } : { plan: parsed.data }
}

/**
 * A caller's own plan: valid, or refused; nothing of it is mended.
 * @throws InvalidInputError `invalid_plan`, naming the first fault's field.
 */
export function requirePlan(value: unknown, rules: PlanRules): Plan {
  const read = readPlan(value, rules)
  if ('plan' in read) return read.plan
  const [first] = read.faults
  throw new InvalidInputError(first?.message ?? 'The plan is malformed.', {
    code: 'invalid_plan',
    field: ['plan', first?.field].filter(Boolean).join('.'),
  })
}

/** What is wrong with a plan of a sound form, in the order of its steps. */
export function faultsOfPlan(plan: Plan, rules: PlanRules): readonly PlanFault[] {
  const faults = [...faultsOfSteps(plan, rules), ...faultsOfBudget(plan, rules)]
  const links = plan.steps.reduce((sum, { dependencies }) => sum + dependencies.length, 0)
  if (links > planLimits.dependencies) {
    const message = `A plan has at most ${planLimits.dependencies} dependencies.`
    faults.push({ field: 'steps', code: 'too_many_dependencies', message })
  }
  // A shape is told of what is linked well only.
  return faults.length > 0 ? faults : faultsOfShape(plan)
}

function* faultsOfSteps({ steps }: Plan, { agents, begun }: PlanRules): Generator<PlanFault> {
  const ids = new Set([...steps.map(({ id }) => id), ...(begun?.done ?? [])])
  const seen = new Set<string>(begun?.taken)
  const known = namesInWords([...agents.keys()].filter((type) => type !== orchestrator).sort())
  for (const [index, step] of steps.entries()) {
    const at = `steps.${index}`
    if (seen.has(step.id)) {
      yield { field: `${at}.id`, code: 'duplicate_id', message: `Two steps have the id ${step.id}.` }
    }
    seen.add(step.id)
    const agent = agents.get(step.agent_type)
    if (step.agent_type === orchestrator) {
      const message = 'The orchestrator plans; it takes no step of its own.'
      yield { field: `${at}.agent_type`, code: 'orchestrator_step', message }
    } else if (!agent) {
      const message = `There is no agent ${step.agent_type}. There are: ${known}.`
      yield { field: `${at}.agent_type`, code: 'unknown_agent', message }
    }
    for (const [place, tool] of (step.tools ?? []).entries()) {
      if (!agent || isListed(agent.tools, tool)) continue
      const message = `The agent ${step.agent_type} has no tool ${tool}.`
      yield { field: `${at}.tools.${place}`, code: 'unknown_tool', message }
    }
    const check = typeof step.expected_output === 'object' ? checkBy(step.expected_output) : undefined
    if (check && 'fault' in check) {
      const message = `Nothing can be checked by this JSON Schema. ${check.fault}`
      yield { field: `${at}.expected_output`, code: 'malformed', message }
    }
    for (const [place, needed] of step.dependencies.entries()) {
      const field = `${at}.dependencies.${place}`
      if (needed === step.id) yield { field, code: 'cycle', message: `The step ${step.id} waits for itself.` }
      else if (!ids.has(needed)) yield { field, code: 'unknown_dependency', message: `There is no step ${needed}.` }
    }
  }
}

/** The type of the agent that plans. */
export const orchestrator = 'orchestrator'

function* faultsOfBudget({ steps }: Plan, { budget = {} }: PlanRules): Generator<PlanFault> {
  for (const name of ['usd', 'tokens', 'tool_calls'] as const) {
    const most = budget[name]
    if (most === undefined) continue
    const asked = steps.reduce((sum, step) => sum + (step.budget?.[name] ?? 0), 0)
    if (asked <= most) continue
    const message = `The steps may use ${asked} ${name} together; the run has ${most}.`
    yield { field: 'steps', code: 'over_budget', message }
  }
}

function faultsOfShape({ steps }: Plan): readonly PlanFault[] {
  const circle = circleIn(steps)
  const [first] = circle
  if (first !== undefined) {
    const index = steps.findIndex(({ id }) => id === first)
    const message = `These steps wait for each other: ${namesInWords(circle, ' → ')} → ${first}.`
    return [{ field: `steps.${index}.dependencies`, code: 'cycle', message }]
  }
  const { levels } = orderOf(steps)
  const widths = new Map<number, number>()
  for (const level of levels.values()) widths.set(level, (widths.get(level) ?? 0) + 1)
  const faults: PlanFault[] = []
  if (widths.size > planLimits.depth) {
    const message = `A plan is at most ${planLimits.depth} steps deep; this is ${widths.size}.`
    faults.push({ field: 'steps', code: 'too_deep', message })
  }
  const width = Math.max(...widths.values())
  if (width > planLimits.width) {
    const message = `At most ${planLimits.width} steps lie at one depth of a plan; here ${width} do.`
    faults.push({ field: 'steps', code: 'too_wide', message })
  }
  return faults
}
