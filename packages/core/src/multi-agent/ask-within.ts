import type { LanguageModelV4FunctionTool, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { PlinthError } from '../errors.ts'
import { inputTokensOf } from '../gateway/admit-chat.ts'
import { pricedUsage } from '../gateway/ask-model.ts'
import type { ChatRequest } from '../gateway/chat.ts'
import { answerChat, type ChatScope, type GovernedAnswer } from '../gateway/governed-chat.ts'
import { uuid } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import { priceOf, type ResolvedModel, type Usage } from '../language-model/catalogue.ts'
import type { Scope } from '../scope/scope.ts'
import { type Amounts, type RunBudget, RunBudgetError, type Settle } from './run/run-budget.ts'

export type AskScope = ChatScope & Pick<Scope, 'isActive'>

export interface Question {
  readonly model: ResolvedModel
  readonly prompt: LanguageModelV4Prompt
  readonly maxTokens: number
  readonly tools?: readonly LanguageModelV4FunctionTool[]
  /** Of the answer; passed on where the model keeps to one itself. */
  readonly form?: { readonly name: string; readonly schema: JsonObject } | undefined
  readonly budget: RunBudget
  /** What the audit trail calls it. */
  readonly what: 'workflow.plan' | 'workflow.step'
  /** The same for the call that takes its place after a crash: an answer that was paid for is found again. */
  readonly invocation: string
  readonly signal: AbortSignal
}

/** An answer may have so many tokens where what is left of a budget is less than it might have had. */
const leastTokens = 256

/** No model is asked for a tenant that is suspended: what it asked for before waits. */
class SuspendedError extends PlinthError {
  constructor() {
    super('tenant_suspended', 'The tenant is suspended: its work waits.', true)
  }
}

/** Whether nothing was tried: the breaker keeps calls from a model that failed, or the tenant is suspended. Such a wait uses up no tries. */
export function isDeferral({ code }: PlinthError): boolean {
  return code === 'model_resting' || code === 'tenant_suspended'
}

/**
 * Asks a model within a budget: the most that the call may use is taken before it, and settled after it.
 * @throws PlinthError `tenant_suspended`; RunBudgetError, and what a model's call throws.
 */
export async function askWithin(scope: AskScope, question: Question): Promise<GovernedAnswer & { readonly used: Usage }> {
  const { model, prompt, maxTokens, tools = [], form, budget, invocation, signal } = question
  if (!(await scope.isActive())) throw new SuspendedError()
  const request: ChatRequest = {
    modelId: model.id,
    prompt: [...prompt],
    ...(tools.length > 0 ? { tools: [...tools] } : {}),
    ...(form && model.entry.capabilities.structuredOutput
      ? { responseFormat: { type: 'json', name: form.name, schema: form.schema as never } }
      : {}),
  }
  const input = inputTokensOf(request)
  const { most, settle } = await take(budget, model, { input, output: maxTokens }, signal)
  try {
    const answer = await answerChat(scope, {
      id: uuid(scope.clock),
      invocation,
      leavable: true,
      request: { ...request, maxOutputTokens: most },
      what: question.what,
      signal,
    })
    const used = pricedUsage(model, answer.finish.usage)
    settle({ usd: used.usd, tokens: used.input_tokens + used.output_tokens })
    return { ...answer, used }
  } catch (error) {
    settle({})
    throw error
  }
}

interface Tokens {
  readonly input: number
  readonly output: number
}

/** Takes what a call may use; where that is too much, for an answer as long as what is left allows. */
async function take(
  budget: RunBudget,
  { entry: { price } }: ResolvedModel,
  { input, output }: Tokens,
  signal: AbortSignal,
): Promise<{ readonly most: number; readonly settle: Settle }> {
  const amounts = (tokens: number): Partial<Amounts> => ({
    tokens: input + tokens,
    usd: priceOf(price, { input, output: tokens }),
  })
  try {
    return { most: output, settle: await budget.take(amounts(output), signal) }
  } catch (error) {
    if (!(error instanceof RunBudgetError)) throw error
    const usd = (budget.left('usd') ?? Number.POSITIVE_INFINITY) - priceOf(price, { input, output: 0 })
    const each = priceOf(price, { input: 0, output: 1 })
    const byPrice = each > 0 ? usd / each : usd >= 0 ? output : 0
    const most = Math.floor(Math.min(output, (budget.left('tokens') ?? Number.POSITIVE_INFINITY) - input, byPrice))
    if (most < leastTokens) throw error
    return { most, settle: budget.reserve(amounts(most)) }
  }
}
