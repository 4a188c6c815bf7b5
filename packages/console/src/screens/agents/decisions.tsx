import type { ReactNode } from 'react'
import { formatTime } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import css from './agents.module.css'
import type { Decision, Workflow } from './workflow.ts'

/** Who approved, rejected, cancelled or wanted something again, in order. */
export function Decisions({ workflow: { decisions } }: { readonly workflow: Workflow }): ReactNode {
  if (decisions.length === 0) return null
  return (
    <Panel title="Decisions">
      <DecisionList of={decisions} />
    </Panel>
  )
}

export function DecisionList({ of }: { readonly of: readonly Decision[] }): ReactNode {
  if (of.length === 0) return null
  return (
    <ul className={css.bullets}>
      {of.map((decision, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: more come behind them, and none goes
        <li key={index} className={css.text}>
          {wordsOf(decision)} <span className={css.note}>{formatTime(decision.at)}</span>
        </li>
      ))}
    </ul>
  )
}

const words = { approved: 'approved', rejected: 'rejected', cancelled: 'cancelled', retried: 'wanted once more' } as const

export function wordsOf({ decision, by, step_id: step, reason }: Decision): string {
  const what = step === undefined ? (decision === 'cancelled' ? 'the workflow' : 'the plan') : `the step ${step}`
  return `${by} ${words[decision]} ${what}${withReason(reason)}`
}

/** Those are the API's words where nobody gave any. */
function withReason(reason: string | undefined): string {
  return reason === undefined || reason === '' || reason === 'Cancelled.' || reason === 'Rejected.' ? '.' : `: ${reason}`
}

/** The word that ended the workflow, where somebody's did. */
export function endedBy({ status, steps, decisions }: Workflow): Decision | undefined {
  if (status === 'cancelled')
    return decisions.findLast(
      ({ decision, step_id }) => decision === 'cancelled' || (decision === 'rejected' && step_id === undefined),
    )
  if (status !== 'failed') return undefined
  return decisions.findLast(
    ({ decision, step_id }) => decision === 'rejected' && steps[step_id ?? '']?.error?.code === 'step_rejected',
  )
}
