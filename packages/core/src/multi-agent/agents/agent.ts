import { z } from 'zod'

/** What one agent may use in one step. */
export interface AgentLimits {
  /** Turns of its model. */
  readonly turns?: number | undefined
  /** Of the model, in each turn. */
  readonly max_tokens?: number | undefined
  /** Of its tools, in all. */
  readonly tool_calls?: number | undefined
  /** Of its steps, in all runs that a process has, that run at a time. */
  readonly concurrency?: number | undefined
}

/** Who does a step (R50): a role, its model, its tools. */
export interface AgentDefinition {
  readonly type: string
  /** Absent: the tenant's. */
  readonly model_id?: string | undefined
  readonly system_prompt: string
  /** Names of tools, such as `search_knowledge`, `fetch_url:example.org` or, of a server outside, `files.read_file`. */
  readonly tools: readonly string[]
  /** Of its tools those that change something and may be called without asking; `files.*`: all of a server's. */
  readonly allow?: readonly string[] | undefined
  /** What it is good for, as the planner is told (R59). */
  readonly capabilities: readonly string[]
  readonly limits: AgentLimits
  /** Counts changes; 0: built in. */
  readonly version: number
}

/** R55. */
export const usualSystemPrompt = 'You are a helpful AI agent.'

export function byType(agents: readonly AgentDefinition[]): ReadonlyMap<string, AgentDefinition> {
  return new Map(agents.map((agent) => [agent.type, agent]))
}

/** What is wrong with a type that isn't one. */
export const agentTypeFault = 'Must be 1 to 64 small letters, digits, hyphens and underscores.'
export const agentType: z.ZodType<string> = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, agentTypeFault)
