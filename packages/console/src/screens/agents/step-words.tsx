import { Check, Circle, CircleSlash, Hand, Loader, type LucideIcon, X } from 'lucide-react'
import { formatDuration } from '../../kit/format.ts'
import { type StepRun, type StepStatus, synthesis } from './workflow.ts'

/** So that a status isn't told by colour alone. */
export const statusIcons: Readonly<Record<StepStatus, LucideIcon>> = {
  pending: Circle,
  awaiting_approval: Hand,
  running: Loader,
  completed: Check,
  failed: X,
  skipped: CircleSlash,
  cancelled: CircleSlash,
}

export function nameOfStep(id: string): string {
  return id === synthesis ? 'synthesis' : id
}

/** How long a step's tries ran, with the one that is running, and without what lies between; undefined before it began. */
export function tookOf(run: StepRun | undefined): string | undefined {
  if (!run?.tried_at) return undefined
  const now = run.status === 'running' ? Math.max(0, Date.now() - Date.parse(run.tried_at)) : 0
  return formatDuration(run.ran_seconds * 1_000 + now)
}

/** What a step's line says besides its status. */
export function factsOf(run: StepRun | undefined): readonly string[] {
  if (!run) return []
  const took = run.ended_at === null ? undefined : tookOf(run)
  const tokens = run.usage.input_tokens + run.usage.output_tokens
  return [
    ...(took === undefined ? [] : [took]),
    ...(run.attempts > 1 ? [`${run.attempts} attempts`] : []),
    ...(run.given_by === undefined ? [] : [`written by ${run.given_by}`]),
    ...(run.attempts === 0 && run.status === 'completed' && run.given_by === undefined ? ['kept'] : []),
    ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
    ...(run.tool_calls > 0 ? [`${run.tool_calls} tool ${run.tool_calls === 1 ? 'call' : 'calls'}`] : []),
  ]
}
