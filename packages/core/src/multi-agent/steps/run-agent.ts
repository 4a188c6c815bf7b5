import type { LanguageModelV4FunctionTool, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { PlinthError } from '../../errors.ts'
import { textOfAnswer } from '../../gateway/answer-text.ts'
import type { JsonObject } from '../../json.ts'
import type { ResolvedModel, Usage } from '../../language-model/catalogue.ts'
import { inAll, noUsage } from '../../rag/usage.ts'
import type { Scope, Uses } from '../../scope/scope.ts'
import { maxTokensOf } from '../../tenancy/tenant-models.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import { askWithin, isDeferral } from '../ask-within.ts'
import type { MadeCall, PendingCall } from '../run/journal.ts'
import type { RunBudget } from '../run/run-budget.ts'
import type { StepCall } from '../run/run-engine.ts'
import type { CallDecision } from '../run/step-state.ts'
import type { KnownResults, Tool } from '../tools/tool.ts'
import { namedForModels } from '../tools/tool-names.ts'
import { answerCalls, putDown } from './answer-calls.ts'
import { Conversation, type ConversationPart, type Found } from './conversation.ts'

/** Turns of a model with tools, where its agent's definition doesn't say. */
const usualTurns = 8
/** R63. */
const usualMaxTokens = 2_000

export interface AgentRun extends Pick<StepCall, 'key' | 'signal' | 'keep' | 'settled'> {
  readonly agent: AgentDefinition
  readonly model: ResolvedModel
  readonly prompt: LanguageModelV4Prompt
  readonly tools: readonly Tool[]
  /** The form that the answer is to have, where that is a JSON object. */
  readonly schema?: JsonObject | undefined
  readonly budget: RunBudget
  readonly results: KnownResults
  /** What it goes on from; absent: it begins with its prompt. */
  readonly kept?: readonly ConversationPart[] | undefined
  /** Somebody's word on the calls that it stopped at. */
  readonly decision?: CallDecision | undefined
  /** What was wrong with its last answer, where it goes on from there. */
  readonly retryReason?: string | undefined
}

/** What an agent used since it last put its conversation down. */
export interface Used {
  usage: Usage
  toolCalls: number
  made: readonly MadeCall[]
}

type AgentEnd = Readonly<Used> &
  (
    | { readonly text: string; readonly found: Found; readonly truncated: boolean }
    /** It may not go on before somebody has agreed to these calls. */
    | { readonly waits: readonly PendingCall[] }
  )

/** An agent at work. */
export interface AgentWork {
  readonly run: AgentRun
  /** By the names that its model is told. */
  readonly named: ReadonlyMap<string, Tool>
  readonly conversation: Conversation
  readonly maxTokens: number
  readonly used: Used
  /** Somebody's word on the calls that are open. */
  decision?: CallDecision
}

/**
 * An agent at work: its model is asked, its tools run and their results are shown to it, until it answers without a tool, or wants to call
 * one that needs somebody's word. What a tool gives is data, and whatever goes wrong with one is told to the model, which may do without.
 * Tools that it doesn't have are never called, whatever its model says.
 * @throws AgentFault, with whatever went wrong as its cause: RunBudgetError, PlinthError `too_many_turns` or `conversation_too_large`, what
 * a model's call throws, the signal's reason.
 */
export async function runAgent(scope: Scope, run: AgentRun): Promise<AgentEnd> {
  const used: Used = { usage: noUsage, toolCalls: 0, made: [] }
  let work: AgentWork | undefined
  try {
    work = begin(scope, run, used)
    return await converse(scope, work)
  } catch (error) {
    // It goes on from here, so that nothing is asked for, and paid, twice.
    if (work && PlinthError.is(error) && isDeferral(error)) putDown(work)
    throw new AgentFault(error, used)
  }
}

/** What went wrong, with what was used until then. */
export class AgentFault extends Error {
  readonly used: Readonly<Used>

  constructor(cause: unknown, used: Used) {
    super('An agent failed.', { cause })
    this.name = 'AgentFault'
    this.used = used
  }
}

/** How many tokens an agent's model may answer with. @throws InvalidInputError when its definition says more than it may. */
export function maxTokensFor(scope: Uses<never>, { limits }: Pick<AgentDefinition, 'limits'>, { entry }: ResolvedModel): number {
  const { max_tokens: tenants = usualMaxTokens } = scope.tenant.model_config
  return maxTokensOf(scope.tenant, entry, limits.max_tokens ?? Math.min(usualMaxTokens, tenants, entry.maxOutput))
}

function begin(scope: Scope, run: AgentRun, used: Used): AgentWork {
  const kept = Conversation.of(run.kept ?? [])
  if (kept && run.retryReason !== undefined && kept.open.length === 0) kept.say(`Your last answer did not do: ${run.retryReason}`)
  return {
    run,
    named: namedForModels(run.model.entry.capabilities.tools ? run.tools : []),
    conversation: kept ?? new Conversation(run.key, run.prompt),
    maxTokens: maxTokensFor(scope, run.agent, run.model),
    used,
    ...(run.decision && kept && kept.open.length > 0 ? { decision: run.decision } : {}),
  }
}

async function converse(scope: Scope, work: AgentWork): Promise<AgentEnd> {
  const { run, conversation, used } = work
  const turns = run.agent.limits.turns ?? usualTurns
  for (;;) {
    if (conversation.open.length > 0) {
      const waits = await answerCalls(scope, work)
      if (waits.length > 0) return { ...used, waits }
    }
    const isLast = conversation.turns + 1 >= turns
    if (conversation.turns < turns) {
      const { content, finish } = await ask(scope, work, isLast)
      conversation.heard(content)
      if (conversation.open.length === 0) {
        return { ...used, text: textOfAnswer(content), found: conversation.found, truncated: finish.reason === 'length' }
      }
    }
    if (isLast) throw new PlinthError('too_many_turns', `The agent did not come to an end in ${turns} turns.`, true)
  }
}

/** Providers want tools to be told as long as a conversation has calls of them, so that the last turn is told in words that it is. */
const lastTurn: LanguageModelV4Prompt[number] = {
  role: 'user',
  content: [{ type: 'text', text: 'No more tools can be called. Answer with what you have.' }],
}

async function ask(scope: Scope, work: AgentWork, isLast: boolean): ReturnType<typeof askWithin> {
  const { run, named, conversation, maxTokens, used } = work
  const hasTools = named.size > 0
  const answer = await askWithin(scope, {
    model: run.model,
    prompt: isLast && hasTools && conversation.turns > 0 ? [...conversation.prompt, lastTurn] : conversation.prompt,
    maxTokens,
    tools: [...named].map(described),
    // With tools, a form would keep the model from calling them.
    form: run.schema && !hasTools ? { name: 'answer', schema: run.schema } : undefined,
    what: 'workflow.step',
    budget: run.budget,
    invocation: `${run.key}:${conversation.turns + 1}`,
    signal: run.signal,
  })
  used.usage = inAll(used.usage, answer.used)
  return answer
}

function described([name, { description, inputSchema }]: readonly [string, Tool]): LanguageModelV4FunctionTool {
  return { type: 'function', name, description, inputSchema: inputSchema as never }
}
