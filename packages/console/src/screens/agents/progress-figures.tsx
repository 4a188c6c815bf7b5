import { type ReactNode, useEffect, useState } from 'react'
import { Cost } from '../../kit/cost.tsx'
import { Figure, Figures, Meter } from '../../kit/figures.tsx'
import { formatCount, formatDuration, formatUsd } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import css from './agents.module.css'
import { hasEnded, type Workflow } from './workflow.ts'

/** How far it is, and what it used of what it may use. */
export function ProgressFigures({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const { usage, tool_calls: calls, plan } = workflow
  const { took, counted } = useTimes(workflow)
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
        <Figure name="Cost" value={<Cost usd={usage.usd} />} />
      </Figures>
      <BudgetBars workflow={workflow} counted={counted} />
    </>
  )
}

/** Where a plan came from, in words. */
const sourceWords: Readonly<Record<string, string>> = {
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

function BudgetBars({ workflow, counted }: { readonly workflow: Workflow; readonly counted: number }): ReactNode {
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
            value={counted / 1_000}
            of={seconds}
            text={`${formatDuration(counted)} of ${formatDuration(seconds * 1_000)}`}
          />
        )}
      </div>
    </Panel>
  )
}

/** Milliseconds from the request to the end, or until now; and those that the budget counts, which stand still while nothing but a word is waited for. */
function useTimes(workflow: Workflow): { readonly took: number; readonly counted: number } {
  const ended = hasEnded(workflow)
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (ended) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [ended])
  const changed = Date.parse(workflow.updated_at)
  const end = ended ? changed : now
  const countedTo = ended || workflow.status === 'awaiting_approval' ? changed : now
  return {
    took: Math.max(0, end - Date.parse(workflow.created_at)),
    counted: Math.max(0, countedTo - Date.parse(workflow.counts_from) - workflow.waited_seconds * 1_000),
  }
}
