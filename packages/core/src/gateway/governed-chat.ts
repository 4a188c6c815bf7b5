/**
 * A chat with a model as one tenant may have it: which models, how many tokens, filters in and out, limits and budget before the call,
 * usage and audit trail with its end. Whatever protocol it came by.
 * @module
 */
import { ConflictError, InvalidInputError, LimitError } from '../errors.ts'
import type { ModelEntry, ResolvedModel, Usage } from '../language-model/catalogue.ts'
import { estimatePromptTokens, estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Uses } from '../scope/scope.ts'
import type { RecordWrite } from '../scope/state.ts'
import type { Deed } from '../scope/trail.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import { type Booking, book, settleBooking } from '../tenancy/meter/booking.ts'
import { countBlocked, isBlocked, refuseBeforeFilters } from '../tenancy/meter/look-through.ts'
import { type Expected, refusalOf } from '../tenancy/meter/meter.ts'
import { pricesFor } from '../tenancy/meter/prices.ts'
import { maxTokensOf } from '../tenancy/tenant-models.ts'
import { generateChat, type ModelChat, pricedUsage, streamChat } from './ask-model.ts'
import type { ChatPart, ChatRequest, ChatUsage } from './chat.ts'
import { filterChat, filterPrompt } from './filter-chat.ts'
import { filterParts } from './filter-parts.ts'
import { gatherParts, partsOf } from './gather-parts.ts'
import { cachePlace, findKept, type KeptAnswer, type KeptPlace, keep, repeatPlace } from './kept-answers.ts'
import { LostCalls } from './lost-calls.ts'
import { askModels, type ChainAnswer, withFallbacks } from './model-chain.ts'

export type ChatScope = Uses<'state' | 'models' | 'gate'>

export interface GovernedCall {
  /** A UUID: the request's own. */
  readonly id: string
  readonly request: ChatRequest
  /** The client's own id of this call, the same over its retries. */
  readonly invocation?: string | undefined
  /** Whether an answer from the cache won't do. */
  readonly fresh?: boolean
  /** What the audit trail calls it, such as `POST /v1/messages`. */
  readonly what: string
  /** Fires when the client is gone or the server stops. */
  readonly signal: AbortSignal
}

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
 * but what a provider may bill for calls that broke off.
 */
export async function answerChat(scope: ChatScope, call: GovernedCall): Promise<GovernedAnswer> {
  const admitted = await admit(scope, call)
  if ('kept' in admitted) return keptAnswer(scope, call, admitted)
  const { first, request, maxTokens, inputTokens } = admitted
  // Whoever may ask for this very call again finds its answer: it is paid for, so it is waited for.
  const signal = call.invocation === undefined ? call.signal : new AbortController().signal
  const ask = (resolved: ResolvedModel, most: number): Promise<ModelChat> =>
    generateChat(scope, { resolved, request, maxTokens: most, inputTokens, requestId: call.id, signal })
  const lost = new LostCalls(inputTokens)
  let answered: ChainAnswer<ResolvedModel, ModelChat>
  try {
    answered = await askModels(scope, {
      models: withFallbacks(scope, first),
      maxTokens,
      inputTokens,
      signal,
      ask,
      onLost: (model) => lost.add(model),
    })
  } catch (error) {
    await end(scope, call, admitted, { resolved: first, usage: lost.usage })
    throw error
  }
  const { result, resolved, permit } = answered
  permit.settle(result.finish.usage.inputTokens + result.finish.usage.outputTokens)
  const usage = lost.with(pricedUsage(resolved, result.finish.usage))
  let chat: Awaited<ReturnType<typeof filterChat>>
  try {
    chat = await filterChat(scope, result)
  } catch (error) {
    await end(scope, call, admitted, { resolved, usage })
    throw error
  }
  await end(scope, call, admitted, { resolved, usage, chat, findings: chat.findings })
  return { content: chat.content, finish: chat.finish, servedBy: servedBy(resolved, first) }
}

/** Answers a chat in parts. What goes wrong before the first part is thrown here, what does later by `parts`. */
export async function openChat(scope: ChatScope, call: GovernedCall): Promise<GovernedStream> {
  const admitted = await admit(scope, call)
  if ('kept' in admitted) {
    const answer = await keptAnswer(scope, call, admitted)
    return { servedBy: answer.servedBy, parts: partsOf(answer) }
  }
  const { first, request, maxTokens, inputTokens } = admitted
  const { signal } = call
  const ask = (resolved: ResolvedModel, most: number): Promise<AsyncIterableIterator<ChatPart>> =>
    streamChat(scope, { resolved, request, maxTokens: most, inputTokens, requestId: call.id, signal })
  const lost = new LostCalls(inputTokens)
  let answered: ChainAnswer<ResolvedModel, AsyncIterableIterator<ChatPart>>
  try {
    answered = await askModels(scope, {
      models: withFallbacks(scope, first),
      maxTokens,
      inputTokens,
      signal,
      ask,
      onLost: (model) => lost.add(model),
    })
  } catch (error) {
    await end(scope, call, admitted, { resolved: first, usage: lost.usage })
    throw error
  }
  return { servedBy: servedBy(answered.resolved, first), parts: settledParts(scope, call, admitted, answered, lost) }
}

/** How many tokens a prompt comes to: an estimate, rather too many than too few. */
export function countTokens({ models }: Uses<'models'>, request: ChatRequest): number {
  models.resolve(request.modelId)
  return inputTokensOf(request)
}

interface Admitted {
  readonly first: ResolvedModel
  /** As the filters left it. */
  readonly request: ChatRequest
  readonly maxTokens: number
  readonly inputTokens: number
  readonly booking: Booking
  readonly findings: readonly DirectedFinding[]
  readonly places: Places
}

interface Places {
  readonly cache?: KeptPlace | undefined
  readonly repeat?: KeptPlace | undefined
  /** Whether this very call was counted before. */
  readonly repeated: boolean
}

interface Kept {
  readonly kept: KeptAnswer
  readonly first: ResolvedModel
  readonly repeated: boolean
}

/** All refusals, the cheap ones first; then the most that the call may use is taken. */
async function admit(scope: ChatScope, call: GovernedCall): Promise<Admitted | Kept> {
  const { request, invocation, fresh = false } = call
  const first = scope.models.resolve(request.modelId)
  const maxTokens = maxTokensOf(scope.tenant, first.entry, request.maxOutputTokens)
  checkAbilities(first.entry, request)
  const asked = inputTokensOf(request)
  const expected = { prices: pricesFor(scope, first.entry), inputTokens: asked, outputTokens: maxTokens }
  await refuseEarly(scope, expected)
  const repeat = invocation === undefined ? undefined : await repeatPlace(scope, request, invocation)
  const cache = await cachePlace(scope, request, first.id)
  const before = repeat && (await findKept(scope, repeat))
  const repeated = before !== undefined
  if (before?.answer) return { kept: before.answer, first, repeated }
  const known = cache && !fresh ? await findKept(scope, cache) : undefined
  if (known?.answer) return { kept: known.answer, first, repeated }
  const { prompt, findings } = await filtered(scope, request.prompt, { what: call.what, resource: `models/${first.entry.id}` })
  const shown = prompt === request.prompt ? request : { ...request, prompt }
  const inputTokens = shown === request ? asked : inputTokensOf(shown)
  const booking = await book(scope, first.entry.id, { ...expected, inputTokens })
  return { first, request: shown, maxTokens, inputTokens, booking, findings, places: { cache, repeat, repeated } }
}

/** A prompt that the filters refuse is one more request, and put down. */
async function filtered(
  scope: ChatScope,
  prompt: ChatRequest['prompt'],
  about: Pick<Deed, 'what' | 'resource'>,
): ReturnType<typeof filterPrompt> {
  try {
    return await filterPrompt(scope, prompt)
  } catch (error) {
    if (isBlocked(error)) await countBlocked(scope, about)
    throw error
  }
}

async function refuseEarly(scope: ChatScope, expected: Expected): Promise<void> {
  try {
    await refuseBeforeFilters(scope, expected)
  } catch (error) {
    throw error instanceof LimitError ? refusalOf(scope, error) : error
  }
}

/** What became of a call. `usage` is undefined when no provider did anything for it. */
interface End {
  readonly resolved: ResolvedModel
  readonly usage: Usage | undefined
  readonly chat?: ModelChat
  readonly findings?: readonly DirectedFinding[]
}

/** Counts what was used, gives the rest back, keeps the answer where that is wanted, and tells the trail; all in one commit. */
async function end(
  scope: ChatScope,
  { id, what }: GovernedCall,
  { booking, places, findings: asked }: Admitted,
  { resolved, usage, chat, findings = [] }: End,
): Promise<void> {
  const { repeat, cache, repeated } = places
  const found = [...asked, ...findings].map(({ direction, kind, action }) => `${direction}.${kind}.${action}`)
  const deed = {
    what,
    resource: `models/${resolved.entry.id}`,
    decision: chat ? 'allowed' : 'failed',
    detail: {
      request_id: id,
      ...(usage ? { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens } : {}),
      ...(found.length === 0 ? {} : { filters: [...new Set(found)].slice(0, 4).join('+') }),
    },
  }
  const kept = [
    ...(repeat && !repeated && usage ? [keep(scope, repeat, resolved.servedBy, chat)] : []),
    ...(cache && chat ? [keep(scope, cache, resolved.servedBy, chat)] : []),
  ]
  const writes = (again: boolean): RecordWrite[] =>
    settleBooking(scope, booking, usage && { usage, model: resolved.entry.id, again })
  try {
    await scope.state.commit({ writes: [...kept, ...writes(repeated)], deed })
  } catch (error) {
    // Somebody else kept an answer to the same meanwhile; theirs is as good, but this call is to be paid all the same.
    if (!(error instanceof ConflictError)) throw error
    const again = repeated || (repeat !== undefined && (await findKept(scope, repeat)) !== undefined)
    await scope.state.commit({ writes: writes(again), deed })
  }
}

/** An answer that was kept costs nothing; it is one more request, unless it is the same one again. */
async function keptAnswer(
  scope: ChatScope,
  { id, what }: GovernedCall,
  { kept, first, repeated }: Kept,
): Promise<GovernedAnswer> {
  const { entry } = first
  const deed = { what, resource: `models/${entry.id}`, decision: 'allowed', detail: { request_id: id, kept: true } }
  const nothing = { prices: [{ ...entry.price, input: 0, output: 0 }], inputTokens: 0, outputTokens: 0 }
  if (!repeated) await book(scope, entry.id, nothing)
  await scope.state.record(deed)
  const { content, finish, servedBy: model } = kept
  return { content, finish, servedBy: { model, lifecycle: entry.lifecycle.status, kept: true } }
}

/** The parts as the client may have them; whatever ends them, the call is settled, also when nobody ever reads them. */
function settledParts(
  scope: ChatScope,
  call: GovernedCall,
  admitted: Admitted,
  { result, resolved, permit }: ChainAnswer<ResolvedModel, AsyncIterableIterator<ChatPart>>,
  lost: LostCalls,
): AsyncIterableIterator<ChatPart> {
  const started = scope.clock.now()
  const { cache, repeat } = admitted.places
  const keeps = cache !== undefined || repeat !== undefined
  const findings: DirectedFinding[] = []
  const given: ChatPart[] = []
  let usage: ChatUsage | undefined
  let seen = ''
  let over = false
  /** What the provider says it used, else what was seen of it. */
  const conclude = async (): Promise<void> => {
    if (over) return
    over = true
    const about = { inputTokens: admitted.inputTokens, outputTokens: estimateTextTokens(seen) }
    const used = usage ?? { ...unseen, ...about, latencyMs: scope.clock.now() - started }
    permit.settle(used.inputTokens + used.outputTokens)
    const chat = gatherParts(given)
    const all = lost.with(pricedUsage(resolved, used))
    await end(scope, call, admitted, { resolved, usage: all, findings, ...(chat ? { chat } : {}) })
  }
  async function* watched(): AsyncGenerator<ChatPart, void, undefined> {
    for await (const part of result) {
      if ('delta' in part) seen += part.delta
      if (part.type === 'finish') usage = part.finish.usage
      yield part
    }
  }
  async function* parts(): AsyncGenerator<ChatPart, void, undefined> {
    try {
      for await (const part of filterParts(scope, watched(), (more) => findings.push(...more))) {
        if (keeps || part.type === 'finish') given.push(part)
        // Before its last part is out, so that whoever has the whole answer is counted.
        if (part.type === 'finish') await conclude()
        yield part
      }
    } finally {
      await conclude()
    }
  }
  const inner = parts()
  let begun = false
  const iterator: AsyncIterableIterator<ChatPart> = {
    next: () => {
      begun = true
      return inner.next()
    },
    return: async () => {
      if (begun) return inner.return()
      await result.return?.()
      await conclude()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}

const unseen = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 }

/** Of what a model can't do, nothing is left aside in silence. @throws InvalidInputError. */
function checkAbilities({ capabilities }: ModelEntry, { tools = [], prompt }: ChatRequest): void {
  if (tools.length > 0 && !capabilities.tools) throw new InvalidInputError('This model has no tools.', { field: 'tools' })
  if (capabilities.images) return
  for (const [index, { content }] of prompt.entries())
    if (typeof content !== 'string' && content.some((part) => part.type === 'file'))
      throw new InvalidInputError('This model sees no images.', { field: `messages.${index}` })
}

function inputTokensOf({ prompt, tools = [] }: ChatRequest): number {
  return estimatePromptTokens(prompt) + (tools.length === 0 ? 0 : estimateTextTokens(JSON.stringify(tools)))
}

function servedBy(resolved: ResolvedModel, first: ResolvedModel): ServedBy {
  return { model: resolved.servedBy, lifecycle: first.entry.lifecycle.status, kept: false }
}
