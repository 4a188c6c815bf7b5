/** What a step's agent is told in its first turn, and how much of what steps before gave. @module */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import type { ResolvedModel } from '../../language-model/catalogue.ts'
import type { Uses } from '../../scope/scope.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import { synthesis } from '../run/journal.ts'
import type { GivenResult } from '../run/results-for.ts'
import type { Run } from '../run/run.ts'
import type { RunState } from '../run/run-state.ts'
import type { StepState } from '../run/step-state.ts'
import type { ContextRoom } from './dependency-context.ts'
import { maxTokensFor } from './run-agent.ts'
import { stepPrompt } from './step-prompt.ts'
import { synthesisPrompt } from './synthesis-prompt.ts'

/** Of all results of steps before, as they are shown to an agent; and to the one that puts all of them together. */
const contextTokens = 6_000
const synthesisTokens = 24_000

/** @param hasReadResult whether the agent is offered the tool that gives the rest of what was cut. */
export function roomFor(
  scope: Uses<'models'>,
  { step }: StepState,
  { agent, model }: { readonly agent: AgentDefinition; readonly model: ResolvedModel },
  hasReadResult: boolean,
): ContextRoom {
  const most = step.id === synthesis ? synthesisTokens : contextTokens
  const fits = Math.floor((model.entry.context - maxTokensFor(scope, agent, model)) / 2)
  return {
    tokens: Math.max(0, Math.min(most, fits)),
    canReadRest: model.entry.capabilities.tools && hasReadResult,
  }
}

export function firstPrompt(input: {
  readonly run: Pick<Run, 'request' | 'earlier'>
  readonly state: RunState
  readonly stepState: StepState
  readonly agent: AgentDefinition
  readonly results: readonly GivenResult[]
  readonly room: ContextRoom
  readonly hasTools: boolean
  readonly unreachable?: readonly string[]
  readonly retryReason?: string | undefined
}): LanguageModelV4Prompt {
  const { run, state, stepState, agent, results, room, hasTools, unreachable, retryReason } = input
  const { step } = stepState
  const told = { step, earlier: run.earlier, results, room, retryReason }
  return step.id === synthesis
    ? synthesisPrompt({ agent, request: run.request, state, ...told })
    : stepPrompt({ systemPrompt: agent.system_prompt, hasTools, unreachable, ...told })
}
