/**
 * A chat with a model as one tenant may have it: which models, how many tokens, filters in and out, limits and budget before the call,
 * usage and audit trail with its end. Whatever protocol it came by.
 * @module
 */
import type { ModelEntry, ResolvedModel } from '../language-model/catalogue.ts'
import type { Uses } from '../scope/scope.ts'
import { book } from '../tenancy/meter/booking.ts'
import { takeRequest } from '../tenancy/meter/take-request.ts'
import { type Admitted, admitChat, type ChatScope, type GovernedCall, inputTokensOf, isAble, type Kept } from './admit-chat.ts'
import { type ChatStream, generateChat, type ModelChat, pricedUsage, streamChat } from './ask-model.ts'
import type { ChatPart, ChatRequest } from './chat.ts'
import { endChat } from './end-chat.ts'
import { filterChat } from './filter-chat.ts'
import { partsOf } from './gather-parts.ts'
import { LostCalls } from './lost-calls.ts'
import { askModels, type ChainAnswer, withFallbacks } from './model-chain.ts'
import { settledParts } from './settled-parts.ts'

export type { ChatScope, GovernedCall } from './admit-chat.ts'

/** Who answered. */
export interface ServedBy {
  /** The id of what answered. */
  readonly model: string
  readonly lifecycle: ModelEntry['lifecycle']['status']
  /** Whether the answer was kept from an earlier call. */
  readonly kept: boolean
}

export interface GovernedAnswer extends ModelChat {
  readonly servedBy: ServedBy
}

export interface GovernedStream {
  readonly servedBy: ServedBy
  /** Must be read to its end, or returned: the call is settled then. */
  readonly parts: AsyncIterableIterator<ChatPart>
}

/**
 * Answers a chat, whole.
 * @throws InvalidInputError, ForbiddenError, LimitError, BudgetExhaustedError, ModelFailure, UnavailableError; nothing is spent then,
 * but what a provider may bill for calls that broke off, ran out of time or were left.
 */
export async function answerChat(scope: ChatScope, call: GovernedCall): Promise<GovernedAnswer> {
  const admitted = await admitChat(scope, call)
  if ('kept' in admitted) return keptAnswer(scope, call, admitted)
  const { first, request, inputTokens } = admitted
  // Whoever may ask for this very call again finds its answer: it is paid for, so it is waited for.
  const signal = call.invocation === undefined || call.leavable ? call.signal : new AbortController().signal
  const ask = (resolved: ResolvedModel, most: number): Promise<ModelChat> =>
    generateChat(scope, { resolved, request, maxTokens: most, inputTokens, requestId: call.id, signal })
  const lost = new LostCalls(inputTokens)
  // Nobody saw how far it came.
  const onLost = (model: ResolvedModel, most: number): void => lost.add(model, most)
  const { result, resolved, permit } = await askAny(scope, { call, admitted, signal, ask, onLost, lost })
  permit.settle(result.finish.usage.inputTokens + result.finish.usage.outputTokens)
  const usage = lost.with(pricedUsage(resolved, result.finish.usage))
  let chat: Awaited<ReturnType<typeof filterChat>>
  try {
    chat = await filterChat(scope, result)
  } catch (error) {
    await endChat(scope, call, admitted, { resolved, usage })
    throw error
  }
  await endChat(scope, call, admitted, { resolved, usage, chat, findings: chat.findings })
  return { content: chat.content, finish: chat.finish, servedBy: servedBy(resolved, first) }
}

/** Answers a chat in parts. What goes wrong before the first part is thrown here, what does later by `parts`. */
export async function openChat(scope: ChatScope, call: GovernedCall): Promise<GovernedStream> {
  const admitted = await admitChat(scope, call)
  if ('kept' in admitted) {
    const answer = await keptAnswer(scope, call, admitted)
    return { servedBy: answer.servedBy, parts: partsOf(answer) }
  }
  const { first, request, inputTokens } = admitted
  const { signal } = call
  const ask = (resolved: ResolvedModel, most: number): Promise<ChatStream> =>
    streamChat(scope, { resolved, request, maxTokens: most, inputTokens, requestId: call.id, signal })
  const lost = new LostCalls(inputTokens)
  // One that answers bit by bit hadn't begun.
  const onLost = (model: ResolvedModel, most: number): void => lost.add(model, model.incremental ? 0 : most)
  const answered = await askAny(scope, { call, admitted, signal, ask, onLost, lost })
  return { servedBy: servedBy(answered.resolved, first), parts: settledParts(scope, { call, admitted, answered, lost }) }
}

/**
 * How many tokens a prompt comes to: an estimate, rather too many than too few. It is one of the minute's requests, and costs nothing.
 * @throws InvalidInputError, ForbiddenError for the model; LimitError `rate_limited` when the minute is used up.
 */
export async function countTokens(scope: Uses<'models' | 'state'>, request: ChatRequest): Promise<number> {
  scope.models.resolve(request.modelId)
  await takeRequest(scope)
  return inputTokensOf(request)
}

/** Asks the model, or those that stand in for it; a call that nobody answers is settled. */
async function askAny<Result>(
  scope: ChatScope,
  asking: {
    readonly call: GovernedCall
    readonly admitted: Admitted
    readonly signal: AbortSignal
    ask(model: ResolvedModel, maxTokens: number): Promise<Result>
    onLost(model: ResolvedModel, outputTokens: number): void
    readonly lost: LostCalls
  },
): Promise<ChainAnswer<ResolvedModel, Result>> {
  const { call, admitted, signal, ask, onLost, lost } = asking
  const { first, maxTokens, inputTokens } = admitted
  const models = able(scope, withFallbacks(scope, first), admitted.request)
  try {
    return await askModels(scope, { models, maxTokens, inputTokens, signal, ask, onLost })
  } catch (error) {
    await endChat(scope, call, admitted, { resolved: first, usage: lost.usage })
    throw error
  }
}

/** The first one was looked at before. */
function* able(scope: ChatScope, models: Iterable<ResolvedModel>, request: ChatRequest): Generator<ResolvedModel> {
  for (const model of models) if (isAble(scope, model, request)) yield model
}

/** An answer that was kept costs nothing; it is one more request: of the minute only, where it is the same one again. */
async function keptAnswer(
  scope: ChatScope,
  { id, what }: GovernedCall,
  { kept, first, repeated }: Kept,
): Promise<GovernedAnswer> {
  const { entry } = first
  const deed = { what, resource: `models/${entry.id}`, decision: 'allowed', detail: { request_id: id, kept: true } }
  const nothing = { prices: [{ ...entry.price, input: 0, output: 0 }], inputTokens: 0, outputTokens: 0 }
  if (repeated) await takeRequest(scope, deed)
  else await book(scope, entry.id, nothing, deed)
  const { content, finish, servedBy: model } = kept
  return { content, finish, servedBy: { model, lifecycle: entry.lifecycle.status, kept: true } }
}

function servedBy(resolved: ResolvedModel, first: ResolvedModel): ServedBy {
  return { model: resolved.servedBy, lifecycle: first.entry.lifecycle.status, kept: false }
}
