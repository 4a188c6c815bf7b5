import { type ReactNode, useEffect, useState } from 'react'
import { Figure, Figures, Meter } from '../../kit/figures.tsx'
import { formatCount, formatDuration, formatUsd } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import css from './agents.module.css'
import { hasEnded, type Workflow } from './workflow.ts'

/** How far it is, and what it used of what it may use. */
export function ProgressFigures({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const { usage, tool_calls: calls, plan } = workflow
  const took = useTook(workflow)
  const steps = Object.values(workflow.steps)
  const done = steps.filter(({ status }) => status === 'completed').length
  const running = steps.filter(({ status }) => status === 'running').length
  const tokens = usage.input_tokens + usage.output_tokens
  return (
    <>
      <Figures>
        <Figure
          name="Steps completed"
          value={plan ? `${done} of ${steps.length}` : '–'}
          hint={running > 0 ? `${running} running` : (plan && sourceWords[plan.source]) || undefined}
        />
        <Figure
          name="Time"
          value={formatDuration(took)}
          hint={hasEnded(workflow) ? 'from request to end' : 'since the request'}
        />
        <Figure
          name="Tokens"
          value={formatCount(tokens)}
          hint={`${formatCount(usage.input_tokens)} in, ${formatCount(usage.output_tokens)} out`}
        />
        <Figure name="Tool calls" value={formatCount(calls)} />
        <Figure name="Cost" value={formatUsd(usage.usd)} />
      </Figures>
      <BudgetBars workflow={workflow} took={took} />
    </>
  )
}

/** Where a plan came from, in words. */
export const sourceWords: Readonly<Record<string, string>> = {
  caller: 'plan given with the request',
  model: 'planned by the model',
  repaired: 'planned at a second try',
  mended: 'plan mended by rules',
  rules: 'planned by rules',
  fallback: 'one step: no better plan',
  simple: 'one step is enough',
  edited: 'plan edited before approval',
  forked: 'plan of another workflow',
}

function BudgetBars({ workflow, took }: { readonly workflow: Workflow; readonly took: number }): ReactNode {
  const { budget, usage, tool_calls: calls } = workflow
  if (!budget || Object.keys(budget).length === 0) return null
  const { usd, tokens, seconds, tool_calls: mostCalls } = budget
  const used = usage.input_tokens + usage.output_tokens
  return (
    <Panel title="Budget">
      <div className={css.budget}>
        {usd !== undefined && (
          <Meter name="Cost" value={usage.usd} of={usd} text={`${formatUsd(usage.usd)} of ${formatUsd(usd)}`} />
        )}
        {tokens !== undefined && (
          <Meter name="Tokens" value={used} of={tokens} text={`${formatCount(used)} of ${formatCount(tokens)}`} />
        )}
        {mostCalls !== undefined && <Meter name="Tool calls" value={calls} of={mostCalls} text={`${calls} of ${mostCalls}`} />}
        {seconds !== undefined && (
          <Meter
            name="Time"
            value={took / 1_000}
            of={seconds}
            text={`${formatDuration(took)} of ${formatDuration(seconds * 1_000)}`}
          />
        )}
      </div>
    </Panel>
  )
}

/** Milliseconds from the request to the end, or until now. */
function useTook(workflow: Workflow): number {
  const ended = hasEnded(workflow)
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (ended) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [ended])
  const end = ended ? Date.parse(workflow.updated_at) : now
  return Math.max(0, end - Date.parse(workflow.created_at))
}
