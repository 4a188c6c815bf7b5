import fc from 'fast-check'
import type { Step } from '../../src/multi-agent/plan/plan.ts'
import type { JournalEntry, StepOutcome } from '../../src/multi-agent/run/journal.ts'
import { RunState } from '../../src/multi-agent/run/run-state.ts'

export const noUsage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 } as const

export function step(id: string, dependencies: readonly string[] = [], more: Partial<Step> = {}): Step {
  return { id, agent_type: 'research', prompt: `Do ${id}.`, dependencies, ...more }
}

/** Steps in an order in which each needs only earlier ones. */
export const graphs: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(), { maxLength: 3 }),
      onFailure: fc.constantFrom('fail', 'skip', undefined),
      agent: fc.constantFrom('research', 'analysis', 'report'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drawn) =>
    drawn.map(({ needs, onFailure, agent }, index) =>
      step(`s${index}`, index === 0 ? [] : [...new Set(needs.map((needed) => `s${needed % index}`))], {
        agent_type: agent,
        on_failure: onFailure,
      }),
    ),
  )

/** A run that has its plan. */
export function planned(steps: readonly Step[], options: { readonly approval?: boolean } = {}): RunState {
  const state = new RunState(options)
  state.apply(plannedEntry(steps))
  return state
}

export function plannedEntry(steps: readonly Step[]): JournalEntry {
  return { at: 1, kind: 'planned', plan: { goal: 'Do it.', success_criteria: [], steps }, source: 'caller', usage: noUsage }
}

export function started(id: string, attempt = 1, at = 2): JournalEntry {
  return { at, kind: 'started', step: id, attempt }
}

export function finished(id: string, outcome: StepOutcome, attempt = 1, at = 3): JournalEntry {
  return { at, kind: 'finished', step: id, attempt, outcome, usage: noUsage, toolCalls: 0 }
}

export const done: StepOutcome = { status: 'completed', text: 'done' }
export const broken: StepOutcome = { status: 'failed', code: 'broken', message: 'It broke.', retryable: false }
export const flaky: StepOutcome = { status: 'failed', code: 'flaky', message: 'It may go better.', retryable: true }
