/** What the API tells of agents and their tools. @module */
import type { Call } from '../../api/client.ts'
import { type Numbers, numberIn, wordsIn } from '../../kit/typed.ts'

export interface AgentLimits {
  readonly turns?: number
  readonly max_tokens?: number
  readonly tool_calls?: number
  readonly concurrency?: number
}

export interface Agent {
  readonly type: string
  readonly model_id: string
  /** It names none of its own. */
  readonly usual_model: boolean
  readonly system_prompt: string
  readonly tools: readonly string[]
  readonly allow: readonly string[]
  readonly capabilities: readonly string[]
  readonly limits: AgentLimits
  readonly version: number
  readonly built_in: boolean
}

export interface Tool {
  readonly name: string
  readonly description: string
  readonly changes: boolean
  readonly permission?: string
}

export const agentsPath = '/api/agents'

export function agentPath(type: string): string {
  return `${agentsPath}/${encodeURIComponent(type)}`
}

/** An agent as it is typed. */
export interface TypedAgent {
  readonly type: string
  readonly model: string
  readonly prompt: string
  readonly tools: readonly string[]
  /** Of servers, and hosts: one a line. */
  readonly otherTools: string
  readonly allow: string
  readonly capabilities: string
  readonly limits: Readonly<Record<string, string>>
}

export const limitNames = ['turns', 'max_tokens', 'tool_calls', 'concurrency'] as const

/** What each limit may be, by its field. */
export const limitNumbers: Readonly<Record<`limits.${(typeof limitNames)[number]}`, Numbers>> = {
  'limits.turns': { from: 1, to: 100, isWhole: true },
  'limits.max_tokens': { from: 1, to: 1_000_000, isWhole: true },
  'limits.tool_calls': { from: 0, to: 1_000, isWhole: true },
  'limits.concurrency': { from: 1, to: 1_000, isWhole: true },
}

/** @param known the names of tools that any agent can be given; absent: a new agent. */
export function typedOf(agent: Agent | undefined, known: ReadonlySet<string>): TypedAgent {
  return {
    type: agent?.type ?? '',
    model: agent === undefined || agent.usual_model ? '' : agent.model_id,
    prompt: agent?.system_prompt ?? '',
    tools: agent?.tools.filter((name) => known.has(name)) ?? [],
    otherTools: agent?.tools.filter((name) => !known.has(name)).join('\n') ?? '',
    allow: agent?.allow.join('\n') ?? '',
    capabilities: agent?.capabilities.join('\n') ?? '',
    limits: Object.fromEntries(Object.entries(agent?.limits ?? {}).map(([name, value]) => [name, String(value)])),
  }
}

/** Registers an agent, or the version behind the one that it was typed from. What is left empty is the usual. */
export function callOf(typed: TypedAgent, base: Agent | undefined): Call {
  const { type, model, prompt, tools, otherTools, allow, capabilities, limits } = typed
  const limited = Object.entries(limits).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, numberIn(text)] as const]))
  const allowed = wordsIn(allow, '\n')
  return {
    method: base ? 'PUT' : 'POST',
    path: base ? agentPath(type) : agentsPath,
    body: {
      type: type.trim(),
      ...(model.trim() === '' ? {} : { model_id: model.trim() }),
      ...(prompt.trim() === '' ? {} : { system_prompt: prompt }),
      tools: [...tools, ...wordsIn(otherTools, '\n')],
      ...(allowed.length > 0 ? { allow: allowed } : {}),
      capabilities: wordsIn(capabilities, '\n'),
      ...(limited.length > 0 ? { limits: Object.fromEntries(limited) } : {}),
      ...(base ? { version: base.version } : {}),
    },
  }
}
