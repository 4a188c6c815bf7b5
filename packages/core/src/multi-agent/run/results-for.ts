import { type StepResult, synthesis } from './journal.ts'
import type { RunState } from './run-state.ts'
import type { StepState } from './step-state.ts'

/** What a step that another one needs gave. */
export interface GivenResult {
  readonly step: string
  readonly result: StepResult
}

/** What a step is given: of the steps that it needs those that gave something, in its order; the synthesis is given all. */
export function resultsFor({ steps }: RunState, { step }: StepState): readonly GivenResult[] {
  const ids = step.id === synthesis ? [...steps.keys()] : step.dependencies
  return ids.flatMap((id) => {
    const result = steps.get(id)?.result
    return result && id !== step.id ? [{ step: id, result }] : []
  })
}
