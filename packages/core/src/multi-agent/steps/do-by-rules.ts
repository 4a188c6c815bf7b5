import type { Scope } from '../../scope/scope.ts'
import type { StepEnd } from '../run/run-engine.ts'
import { checkOutput } from './check-output.ts'
import { runRuleAgent } from './rule-agent.ts'
import type { StepTry } from './step-work.ts'

/** Does a step where no language model answers: what it gives is checked, and nobody can judge it. */
export async function doByRules(scope: Scope, { run, state, call, agent, budget }: StepTry): Promise<StepEnd> {
  const { step } = call.state
  const end = await runRuleAgent(scope, {
    ...{ call, agent, state, budget },
    request: run.request,
    earlier: run.earlier.map(({ request }) => request),
  })
  if (end.outcome.status !== 'completed') return end
  const checked = checkOutput(step, end.outcome.text)
  // Rules give the same again.
  if ('fault' in checked)
    return { ...end, outcome: { status: 'failed', code: 'output_check_failed', message: checked.fault, retryable: false } }
  const criteria = step.success_criteria?.length ? { criteria: 'not_judged' as const } : {}
  return { ...end, outcome: { ...end.outcome, ...checked, ...criteria } }
}
