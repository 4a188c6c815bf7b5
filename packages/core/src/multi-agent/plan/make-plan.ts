import { textOfAnswer } from '../../gateway/answer-text.ts'
import type { ResolvedModel, Usage } from '../../language-model/catalogue.ts'
import { inAll, noUsage } from '../../rag/usage.ts'
import { type AskScope, askWithin } from '../ask-within.ts'
import type { PlanSource } from '../run/journal.ts'
import { RunBudget } from '../run/run-budget.ts'
import { type JsonFault, jsonInText } from './json-in-text.ts'
import { freeId, mendPlan } from './mend-plan.ts'
import type { Plan } from './plan.ts'
import { type FailedTry, mostPlannedSteps, type PlanningInput, plannerPrompt, planSchema } from './planner-prompt.ts'
import { asksToCompute, questionsOf } from './questions.ts'
import { rulePlan, singleStepPlan } from './rule-plan.ts'
import { faultsOfPlan, type PlanFault, type PlanRules, type ReadPlan, readPlan } from './validate-plan.ts'

export interface MadePlan {
  readonly plan: Plan
  readonly source: PlanSource
  /** What was wrong with what the model wrote, `code field`; never its text. */
  readonly faults: readonly string[]
  readonly usage: Usage
}

export interface MakePlanInput extends PlanningInput {
  readonly modelId?: string | undefined
  /** Where the rest of a plan is made: the steps that are there. */
  readonly begun?: PlanRules['begun']
  readonly maxTokens: number
  /** What its calls are taken from. */
  readonly spends?: RunBudget
  /** The same for calls that are made again after a crash, so that they are paid for once. */
  readonly key: string
  readonly signal: AbortSignal
}

/** Guarantee 7: what a model wrote is repaired at most twice. */
const mostRepairs = 2
const simpleCharacters = 200

/**
 * Makes a plan of a request (R56, R59): by the orchestrator's model, which is told what was wrong with its answer, at most twice; then by
 * mending what it wrote; then of one step. Where no language model answers, by rules.
 * @throws what a model's call throws.
 */
export async function makePlan(scope: AskScope, input: MakePlanInput): Promise<MadePlan> {
  const rules: PlanRules = {
    agents: new Map(input.agents.map((agent) => [agent.type, agent])),
    budget: input.budget,
    begun: input.begun,
  }
  const made = (plan: Plan, source: PlanSource): MadePlan => ({ plan, source, faults: [], usage: noUsage })
  if (!input.sofar && isSimple(input.request)) return made(oneStep(input, rules), 'simple')
  const resolved = scope.models.resolve(input.modelId)
  if (isRulesOnly(resolved)) {
    const plan = rulePlan(input.request)
    if (!input.sofar && faultsOfPlan(plan, rules).length === 0) return made(plan, 'rules')
    return made(oneStep(input, rules), 'fallback')
  }
  const tries: FailedTry[] = []
  let usage = noUsage
  let last: unknown
  while (tries.length <= mostRepairs) {
    const { content, used } = await askWithin(scope, {
      model: resolved,
      prompt: plannerPrompt(input, tries),
      maxTokens: input.maxTokens,
      form: { name: 'plan', schema: planSchema(input.agents) },
      budget: input.spends ?? new RunBudget({ limits: {}, what: 'budget' }),
      invocation: `${input.key}:${tries.length}`,
      what: 'workflow.plan',
      signal: input.signal,
    })
    usage = inAll(usage, used)
    const text = textOfAnswer(content)
    const found = jsonInText(text)
    if ('value' in found) last = found.value
    const read = 'value' in found ? readModelPlan(found.value, rules) : { faults: [unreadable(found.fault)] }
    if ('plan' in read)
      return { plan: read.plan, source: tries.length === 0 ? 'model' : 'repaired', faults: namesOf(tries), usage }
    tries.push({ text, faults: read.faults })
  }
  const mended = mendPlan(last, rules)
  if (mended && faultsOfPlan(mended, rules).length === 0) return { plan: mended, source: 'mended', faults: namesOf(tries), usage }
  return { plan: oneStep(input, rules), source: 'fallback', faults: namesOf(tries), usage }
}

/** Whether what answers is the embedded model, which quotes by rules and can neither write a plan nor call tools. */
export function isRulesOnly({ model }: Pick<ResolvedModel, 'model'>): boolean {
  return model.provider === 'plinth.local'
}

/**
 * Whether one step will do, so that planning would cost more than answering: a single question of up to 200 characters and one sentence
 * that ends in its question mark, compares nothing and has nothing computed. A request that asks several things is never simple.
 */
export function isSimple(request: string): boolean {
  const text = request.trim()
  if (text.length > simpleCharacters || !/^[^?!;:\n]+\?$/.test(text) || /[.)]\s/.test(text)) return false
  return (
    !/\b(?:compare|comparison|versus|vs|each|respectively)\b/i.test(text) &&
    !asksToCompute(text) &&
    questionsOf(text).length === 1
  )
}

/** What is left to do when nothing better is to be had: all of it, in one step. */
function oneStep({ request, sofar }: PlanningInput, rules: PlanRules): Plan {
  const plan = singleStepPlan(request, worker(rules))
  if (!sofar) return plan
  const dependencies = [...(rules.begun?.done ?? [])]
  return {
    ...plan,
    steps: plan.steps.map((step) => ({ ...step, id: freeId(step.id, rules.begun?.taken ?? new Set()), dependencies })),
  }
}

/** Who does what is one step. */
function worker({ agents }: PlanRules): string {
  return agents.has('research') ? 'research' : ([...agents.keys()].find((type) => type !== 'orchestrator') ?? 'research')
}

function readModelPlan(value: unknown, rules: PlanRules): ReadPlan {
  const read = readPlan(value, rules)
  if (!('plan' in read) || read.plan.steps.length <= mostPlannedSteps) return read
  const message = `A plan has at most ${mostPlannedSteps} steps; this has ${read.plan.steps.length}.`
  return { faults: [{ field: 'steps', code: 'malformed', message }] }
}

function unreadable(fault: JsonFault): PlanFault {
  const message = {
    no_json: 'The answer holds no JSON object.',
    cut_off: 'The answer ends inside of its JSON object. Write a shorter plan.',
    malformed: 'What stands between the braces is no JSON.',
  }[fault]
  return { field: '', code: 'malformed', message }
}

function namesOf(tries: readonly FailedTry[]): readonly string[] {
  return tries.flatMap(({ faults }) => faults.slice(0, 20).map(({ code, field }) => `${code} ${field}`.trim()))
}
