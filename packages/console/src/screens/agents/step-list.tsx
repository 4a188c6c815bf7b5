import type { ReactNode } from 'react'
import { StatusBadge } from '../../kit/badge.tsx'
import css from './agents.module.css'
import { factsOf, nameOfStep } from './step-words.tsx'
import { type PlannedStep, runOf, type Workflow } from './workflow.ts'

/** The same as the graph, for whoever reads or types: steps by when they can start, each with what it needs. */
export function StepList(props: {
  readonly workflow: Workflow
  readonly levels: readonly (readonly PlannedStep[])[]
  readonly chosen: string | undefined
  readonly onChoose: (id: string) => void
}): ReactNode {
  const { workflow, levels, chosen, onChoose } = props
  return (
    <ol className={css.steps} aria-label="Steps">
      {levels.flat().map((step) => {
        const run = runOf(workflow, step.id)
        const needs = step.dependencies.map(nameOfStep).join(', ')
        return (
          <li key={step.id}>
            <button
              type="button"
              className={css.stepLine}
              aria-current={step.id === chosen ? 'true' : undefined}
              onClick={() => onChoose(step.id)}
            >
              <span className={css.stepHead}>
                <strong>{nameOfStep(step.id)}</strong>
                <span className={css.note}>{step.agent_type}</span>
                <StatusBadge status={run?.status ?? 'pending'} />
                <span className={css.note}>{factsOf(run).join(' · ')}</span>
              </span>
              <span className={css.stepPrompt}>{step.prompt}</span>
              <span className={css.note}>{needs === '' ? 'starts at once' : `starts after ${needs}`}</span>
              {run?.error && <span className={css.bad}>{run.error.message}</span>}
            </button>
          </li>
        )
      })}
    </ol>
  )
}
