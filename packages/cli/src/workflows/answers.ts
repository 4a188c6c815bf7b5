/** What a server tells of workflows and agents. @module */

export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
  readonly latency_ms: number
}

export interface ShownPlan {
  readonly source: string
  /** From 1; one that was made anew has to be named by it. */
  readonly revision: number
  readonly steps: readonly {
    readonly id: string
    readonly agent_type: string
    readonly prompt: string
    readonly dependencies: readonly string[]
    readonly approval?: boolean
  }[]
}

export interface ShownStep {
  readonly step_id: string
  readonly agent_type: string
  readonly status: 'pending' | 'awaiting_approval' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled'
  readonly attempts: number
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly usage: Usage
  readonly error?: { readonly code: string; readonly message: string }
  /** Calls of tools that wait for somebody's word. */
  readonly pending_calls?: readonly { readonly call_id: string; readonly tool: string; readonly input: object }[]
}

export interface WorkflowSummary {
  readonly workflow_id: string
  readonly status: 'planning' | 'awaiting_approval' | 'running' | 'completed' | 'failed' | 'cancelled'
  readonly created_at: string
  readonly usage: Usage
}

/** What acting on it answers. */
export interface ChangedWorkflow extends WorkflowSummary {
  readonly waits_for?: 'plan' | 'steps'
}

export interface ShownWorkflow extends ChangedWorkflow {
  readonly request: string
  readonly plan: ShownPlan | null
  readonly steps: Readonly<Record<string, ShownStep>>
  readonly synthesis: ShownStep | null
  readonly result: { readonly text: string; readonly sources: readonly string[] } | null
  readonly error?: { readonly code: string; readonly message: string }
}

export interface ShownAgent {
  readonly type: string
  readonly model_id: string
  readonly system_prompt: string
  readonly tools: readonly string[]
  readonly capabilities: readonly string[]
  readonly version: number
  readonly built_in: boolean
}
