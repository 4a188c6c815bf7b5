/** What the API tells of workflows, as far as the screen shows it, and how the page follows one. @module */
import { type QueryClient, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, pathOf } from '../../api/client.ts'
import { useLive } from '../../api/live.ts'

export type WorkflowStatus = 'planning' | 'awaiting_approval' | 'running' | 'completed' | 'failed' | 'cancelled'
export type StepStatus = 'pending' | 'awaiting_approval' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled'

export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
}

export interface Fault {
  readonly code: string
  readonly message: string
}

export interface Budget {
  readonly usd?: number
  readonly tokens?: number
  readonly seconds?: number
  readonly tool_calls?: number
}

/** A step as the plan has it. */
export interface PlannedStep {
  readonly id: string
  readonly agent_type: string
  readonly prompt: string
  readonly dependencies: readonly string[]
  readonly expected_output?: string | object | null
  readonly success_criteria?: readonly string[]
  readonly tools?: readonly string[]
  readonly approval?: boolean
  readonly on_failure?: string
}

export interface Plan {
  readonly goal: string
  readonly success_criteria: readonly string[]
  readonly source: string
  readonly revision: number
  readonly faults: readonly string[]
  readonly steps: readonly PlannedStep[]
}

export interface PendingCall {
  readonly call_id: string
  readonly tool: string
  readonly input: object
}

/** A step as it runs. */
export interface StepRun {
  readonly step_id: string
  readonly agent_type: string
  readonly status: StepStatus
  readonly attempts: number
  readonly result: string | null
  readonly output?: unknown
  readonly sources: readonly string[]
  readonly truncated?: boolean
  readonly criteria?: 'met' | 'not_judged'
  readonly pending_calls?: readonly PendingCall[]
  readonly error?: Fault
  /** Who wrote the result, where no agent did. */
  readonly given_by?: string
  readonly started_at: string | null
  readonly ended_at: string | null
  /** When its last try began. */
  readonly tried_at: string | null
  /** Of the tries that have ended. */
  readonly ran_seconds: number
  readonly usage: Usage
  readonly tool_calls: number
  /** When it is tried again. */
  readonly again_at?: string
}

export interface Citation {
  readonly claim_start: number
  readonly claim_end: number
  readonly document_id: string
  readonly source: string
  /** Of the text that the place is in. */
  readonly revision: string
  readonly start: number
  readonly end: number
}

export interface WorkflowSummary {
  readonly workflow_id: string
  readonly status: WorkflowStatus
  readonly waits_for?: 'plan' | 'steps'
  readonly usage: Usage
  readonly created_at: string
  readonly updated_at: string
  readonly session_id?: string
  readonly forked_from?: { readonly workflow_id: string; readonly step_id: string }
}

/** What somebody said of a workflow, or of a step of it. */
export interface Decision {
  readonly decision: 'approved' | 'rejected' | 'cancelled' | 'retried'
  readonly at: string
  readonly by: string
  readonly step_id?: string
  readonly reason?: string
}

export interface Workflow extends WorkflowSummary {
  readonly request: string
  readonly user_id: string
  readonly approval: 'none' | 'plan'
  readonly budget?: Budget
  readonly tool_calls: number
  readonly counts_from: string
  /** Of the time since then, what doesn't count: nothing went on before somebody's word. */
  readonly waited_seconds: number
  readonly plan: Plan | null
  readonly steps: Readonly<Record<string, StepRun>>
  readonly synthesis: StepRun | null
  readonly result: { readonly text: string; readonly sources: readonly string[]; readonly citations: readonly Citation[] } | null
  readonly error?: Fault
  readonly agents_changed?: readonly string[]
  readonly decisions: readonly Decision[]
}

/** The synthesis in paths, where the plan has no step of its own for it. */
export const synthesis = '@synthesis'

export const workflowPath = (id: string): string => pathOf('/api/workflows/{}', [id])
export const stepPath = (id: string, step: string): string => pathOf('/api/workflows/{}/steps/{}', [id, step])
const workflowKey = (id: string): readonly string[] => ['/api/workflows', 'one', id]
export const stepKey = (id: string, step: string): readonly string[] => ['/api/workflows', 'step', id, step]

export function hasEnded({ status }: Pick<WorkflowSummary, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

/** One step, or the synthesis. */
export function runOf({ steps, synthesis: own }: Workflow, id: string): StepRun | undefined {
  return id === synthesis ? (own ?? undefined) : steps[id]
}

/** A workflow as it is now, and as it goes on. */
export function useWorkflow(id: string): UseQueryResult<Workflow> {
  const queries = useQueryClient()
  const query = useQuery({
    queryKey: workflowKey(id),
    queryFn: ({ signal }) => get<Workflow>(workflowPath(id), signal),
  })
  const isOpen = query.data !== undefined && !hasEnded(query.data)
  useLive(isOpen ? `${workflowPath(id)}/events` : undefined, ({ event, data }) => takeEvent(queries, id, event, data))
  return query
}

/** Asks anew for a workflow, its steps and the list. */
export function lookAgain(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ queryKey: ['/api/workflows'] })
}

interface Told {
  readonly at?: string
}

/** Puts what happened into what is known. The stream begins at the workflow's beginning: what is known already is passed over. */
export function takeEvent(queries: QueryClient, id: string, event: string, data: Told): void {
  const key = workflowKey(id)
  const known = queries.getQueryData<Workflow>(key)
  if (!known) return
  if (event === 'done' || event === 'error') {
    queries.setQueryData(key, data)
    return void lookAgain(queries)
  }
  if (data.at === undefined || data.at < known.updated_at) return
  if (event === 'step' || event === 'synthesis') {
    const run = data as StepRun
    queries.setQueryData<Workflow>(key, withStep(known, event, run))
    // An answer on its way may be from before this step went on.
    if (queries.isFetching({ queryKey: key }) > 0) void queries.invalidateQueries({ queryKey: key })
    void queries.invalidateQueries({ queryKey: stepKey(id, event === 'step' ? run.step_id : synthesis) })
    return
  }
  void queries.invalidateQueries({ queryKey: key })
}

function withStep(known: Workflow, event: 'step' | 'synthesis', run: StepRun): Workflow {
  const before = event === 'step' ? known.steps[run.step_id] : (known.synthesis ?? undefined)
  const more = (read: (usage: Usage) => number): number => read(run.usage) - (before ? read(before.usage) : 0)
  return {
    ...known,
    ...(event === 'step' ? { steps: { ...known.steps, [run.step_id]: run } } : { synthesis: run }),
    tool_calls: known.tool_calls + run.tool_calls - (before?.tool_calls ?? 0),
    usage: {
      ...known.usage,
      input_tokens: known.usage.input_tokens + more((usage) => usage.input_tokens),
      output_tokens: known.usage.output_tokens + more((usage) => usage.output_tokens),
      usd: known.usage.usd + more((usage) => usage.usd),
    },
  }
}
