import type {
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider'
import { z } from 'zod'
import { PlinthError } from '../../errors.ts'
import { pricedUsage } from '../../gateway/ask-model.ts'
import type { ChatContent } from '../../gateway/chat.ts'
import { answerChat } from '../../gateway/governed-chat.ts'
import { uuid } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { priceOf, type Usage } from '../../language-model/catalogue.ts'
import { estimatePromptTokens } from '../../language-model/token-estimate.ts'
import type { Passage } from '../../rag/passage.ts'
import { inAll, noUsage } from '../../rag/usage.ts'
import type { Scope } from '../../scope/scope.ts'
import { maxTokensOf } from '../../tenancy/tenant-models.ts'
import type { AgentDefinition } from '../agents/agent.ts'
import type { StepResult } from '../run/journal.ts'
import { type RunBudget, RunBudgetError } from '../run/run-budget.ts'
import type { Tool, ToolAnswer } from '../tools/tool.ts'

/** Turns of a model with tools, where its agent's definition doesn't say. */
const usualTurns = 8
/** R63. */
const usualMaxTokens = 2_000
const usualToolCalls = 30
/** Of what a tool gives, as a model is shown it. */
const shownCharacters = 20_000
const usualToolTimeout = 60_000

export interface AgentRun {
  readonly agent: AgentDefinition
  readonly prompt: LanguageModelV4Prompt
  readonly tools: readonly Tool[]
  readonly budget: RunBudget
  /** What other steps gave, by their id. */
  readonly results: ReadonlyMap<string, StepResult>
  /** The same for a try and the one that takes its place after a crash. */
  readonly key: string
  readonly signal: AbortSignal
  /** Told of each turn and tool as it ends, for those who watch. */
  onTurn?(turn: AgentTurn): void
}

export interface AgentTurn {
  readonly number: number
  readonly usage: Usage
  /** Names of the tools that were called. */
  readonly tools: readonly string[]
}

export interface AgentAnswer {
  readonly text: string
  readonly usage: Usage
  readonly toolCalls: number
  /** What its tools found in documents. */
  readonly passages: readonly Passage[]
}

/**
 * An agent at work: its model is asked, its tools run and their results are shown to it, until it answers without a tool. What a tool
 * gives is data, and whatever goes wrong with one is told to the model, which may do without.
 * @throws RunBudgetError; what a model's call throws; PlinthError `too_many_turns`.
 */
export async function runAgent(scope: Scope, run: AgentRun): Promise<AgentAnswer> {
  const resolved = scope.models.resolve(run.agent.model_id)
  const tools = resolved.entry.capabilities.tools ? run.tools : []
  const maxTokens = maxTokensOf(
    scope.tenant,
    resolved.entry,
    run.agent.limits.max_tokens ??
      Math.min(usualMaxTokens, scope.tenant.model_config.max_tokens ?? usualMaxTokens, resolved.entry.maxOutput),
  )
  const prompt: LanguageModelV4Message[] = [...run.prompt]
  const passages: Passage[] = []
  let usage = noUsage
  let toolCalls = 0
  const turns = run.agent.limits.turns ?? usualTurns
  for (let turn = 1; turn <= turns; turn++) {
    const settle = reserve(run.budget, resolved.entry.price, estimatePromptTokens(prompt), maxTokens)
    let content: readonly ChatContent[]
    try {
      const answer = await answerChat(scope, {
        id: uuid(scope.clock),
        invocation: `${run.key}:${turn}`,
        leavable: true,
        request: {
          modelId: resolved.id,
          prompt: [...prompt],
          maxOutputTokens: maxTokens,
          // The last turn is for the answer.
          ...(tools.length > 0 && turn < turns ? { tools: tools.map(described) } : {}),
        },
        what: 'workflow.step',
        signal: run.signal,
      })
      const used = pricedUsage(resolved, answer.finish.usage)
      settle({ usd: used.usd, tokens: used.input_tokens + used.output_tokens })
      usage = inAll(usage, used)
      content = answer.content
    } catch (error) {
      settle({})
      throw new AgentFault(error, usage, toolCalls)
    }
    const calls = content.filter((part) => part.type === 'tool-call')
    run.onTurn?.({ number: turn, usage, tools: calls.map(({ toolName }) => toolName) })
    if (calls.length === 0) return { text: textOf(content), usage, toolCalls, passages }
    const left = (run.agent.limits.tool_calls ?? usualToolCalls) - toolCalls
    const answers = await Promise.all(
      calls.map((call, index) => (index < left ? runTool(scope, run, tools, call, `${run.key}:${turn}:${index}`) : refusedCall)),
    )
    toolCalls += Math.min(left, calls.length)
    passages.push(...answers.flatMap(({ passages: found = [] }) => found))
    prompt.push(...toolTurns(content, answers))
  }
  throw new AgentFault(
    new PlinthError('too_many_turns', `The agent did not come to an end in ${turns} turns.`, true),
    usage,
    toolCalls,
  )
}

/** What went wrong, with what was used until then. */
export class AgentFault extends Error {
  readonly usage: Usage
  readonly toolCalls: number

  constructor(cause: unknown, usage: Usage, toolCalls: number) {
    super('An agent failed.', { cause })
    this.name = 'AgentFault'
    this.usage = usage
    this.toolCalls = toolCalls
  }
}

function reserve(
  budget: RunBudget,
  price: Parameters<typeof priceOf>[0],
  input: number,
  output: number,
): ReturnType<RunBudget['reserve']> {
  return budget.reserve({ tokens: input + output, usd: priceOf(price, { input, output }) })
}

const refusedCall: ToolAnswer = { text: 'No more tools can be called in this step. Answer with what you have.', failed: true }

async function runTool(
  scope: Scope,
  run: AgentRun,
  tools: readonly Tool[],
  { toolName, input: text }: ChatContent & { readonly type: 'tool-call' },
  key: string,
): Promise<ToolAnswer> {
  const tool = tools.find(({ name }) => nameForModels(name) === toolName)
  if (!tool) return { text: `There is no tool ${toolName}.`, failed: true }
  const input = inputOf(tool, text)
  if (typeof input === 'string') return { text: input, failed: true }
  let settle: ReturnType<RunBudget['reserve']>
  try {
    settle = run.budget.reserve({ tool_calls: 1 })
  } catch (error) {
    if (error instanceof RunBudgetError) return refusedCall
    throw error
  }
  const deadline = new AbortController()
  const timer = scope.clock.setTimer(usualToolTimeout, () => deadline.abort())
  const signal = AbortSignal.any([run.signal, deadline.signal])
  try {
    return await orAborted(tool.run({ scope, input, key, results: run.results, signal }), signal)
  } catch (error) {
    run.signal.throwIfAborted()
    if (deadline.signal.aborted) return { text: `The tool took longer than ${usualToolTimeout / 1_000} seconds.`, failed: true }
    return { text: PlinthError.is(error) ? error.message : 'The tool failed.', failed: true }
  } finally {
    timer.cancel()
    settle({ tool_calls: 1 })
  }
}

/** A tool that doesn't listen to its signal is left. */
function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

/** The arguments, or what is wrong with them. */
function inputOf(tool: Tool, text: string): JsonObject | string {
  let value: unknown
  try {
    value = JSON.parse(text === '' ? '{}' : text)
  } catch {
    return 'The arguments are no JSON.'
  }
  const parsed = z.fromJSONSchema(tool.inputSchema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value)
  if (parsed.success) return parsed.data as JsonObject
  const [issue] = parsed.error.issues
  return `The arguments do not fit: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim()
}

function described({ name, description, inputSchema }: Tool): LanguageModelV4FunctionTool {
  return { type: 'function', name: nameForModels(name), description, inputSchema: inputSchema as never }
}

/** Providers take letters, digits, underscores and hyphens, up to 64. */
export function nameForModels(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
}

/** What the model wrote, as it has to be sent back to it, and what its tools gave. */
function toolTurns(content: readonly ChatContent[], answers: readonly ToolAnswer[]): LanguageModelV4Message[] {
  const calls = content.filter((part) => part.type === 'tool-call')
  return [
    {
      role: 'assistant',
      content: content.flatMap((part): (LanguageModelV4TextPart | LanguageModelV4ToolCallPart)[] => {
        if (part.type === 'text') return [{ type: 'text', text: part.text }]
        if (part.type === 'reasoning') return []
        const { toolCallId, toolName, input } = part
        return [{ type: 'tool-call', toolCallId, toolName, input: safeParse(input) }]
      }),
    },
    {
      role: 'tool',
      content: calls.map(({ toolCallId, toolName }, index) => {
        const { text = '', failed = false } = answers[index] ?? {}
        const value = text.length > shownCharacters ? `${text.slice(0, shownCharacters).toWellFormed()}\n[… cut]` : text
        return { type: 'tool-result', toolCallId, toolName, output: { type: failed ? 'error-text' : 'text', value } }
      }),
    },
  ]
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function textOf(content: readonly ChatContent[]): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
}
