/** What stands before a chat with a model: all refusals, answers that are kept, and the booking. @module */
import { InvalidInputError } from '../errors.ts'
import type { ModelEntry, ModelPrice, ResolvedModel } from '../language-model/catalogue.ts'
import { estimatePromptTokens, estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Uses } from '../scope/scope.ts'
import type { DirectedFinding } from '../tenancy/filters/filter-input.ts'
import { type Booking, book } from '../tenancy/meter/booking.ts'
import { countingBlocked, refuseBeforeFilters } from '../tenancy/meter/look-through.ts'
import { pricesFor } from '../tenancy/meter/prices.ts'
import { maxTokensOf } from '../tenancy/tenant-models.ts'
import type { ChatRequest } from './chat.ts'
import { filterRequest } from './filter-request.ts'
import { cachePlace, type Found, findKept, type KeptAnswer, type KeptPlace, repeatPlace } from './kept-answers.ts'

export type ChatScope = Uses<'state' | 'models' | 'gate'>

export interface GovernedCall {
  /** A UUID: the request's own. */
  readonly id: string
  readonly request: ChatRequest
  /** The client's own id of this call, the same over its retries. */
  readonly invocation?: string | undefined
  /** Whether a call with an `invocation` ends with its signal all the same: nobody will ask for its answer again. */
  readonly leavable?: boolean
  /** Whether an answer from the cache won't do. The new one takes its place. */
  readonly fresh?: boolean
  /** What the audit trail calls it, such as `POST /v1/messages`. */
  readonly what: string
  /** Fires when the client is gone or the server stops. */
  readonly signal: AbortSignal
}

export interface Admitted {
  readonly first: ResolvedModel
  /** As the filters left it. */
  readonly request: ChatRequest
  readonly maxTokens: number
  readonly inputTokens: number
  readonly booking: Booking
  readonly findings: readonly DirectedFinding[]
  readonly places: Places
}

/** Where the answer is to be kept, and what was found there. */
export interface Places {
  readonly cache?: KeptPlace | undefined
  readonly cached?: Found | undefined
  readonly repeat?: KeptPlace | undefined
  /** Of this very call, which was counted then. */
  readonly repeated?: Found | undefined
}

export interface Kept {
  readonly kept: KeptAnswer
  readonly first: ResolvedModel
  readonly repeated: boolean
}

/**
 * All refusals, the cheap ones first; then the most that the call may use is taken. An answer that was paid for already is given
 * again whatever is left.
 */
export async function admitChat(scope: ChatScope, call: GovernedCall): Promise<Admitted | Kept> {
  const { request, invocation, fresh = false } = call
  const first = scope.models.resolve(request.modelId)
  const maxTokens = maxTokensOf(scope.tenant, first.entry, request.maxOutputTokens)
  checkAbilities(scope, first, request)
  const asked = inputTokensOf(request)
  const prices = pricesFor(scope, first.entry).map(dearest)
  const expected = { prices, inputTokens: asked, outputTokens: maxTokens }
  const repeat = invocation === undefined ? undefined : await repeatPlace(scope, request, invocation)
  const repeated = repeat && (await findKept(scope, repeat))
  if (repeated?.answer) return { kept: repeated.answer, first, repeated: true }
  await refuseBeforeFilters(scope, expected)
  const { id: model, guardedBy } = first
  const cache = await cachePlace(scope, request, { model, maxTokens, guardedBy })
  const cached = cache && (await findKept(scope, cache))
  if (cached?.answer && !fresh) return { kept: cached.answer, first, repeated: repeated !== undefined }
  const about = { what: call.what, resource: `models/${first.entry.id}` }
  const { request: shown, findings } = await countingBlocked(scope, about, () => filterRequest(scope, request))
  const inputTokens = shown === request ? asked : inputTokensOf(shown)
  const booking = await book(scope, first.entry.id, { ...expected, inputTokens })
  return { first, request: shown, maxTokens, inputTokens, booking, findings, places: { cache, cached, repeat, repeated } }
}

/** What is written to a provider's cache may cost more than other input, and nobody knows before how much that will be. */
function dearest({ cached, ...price }: ModelPrice): ModelPrice {
  return { ...price, input: price.input * Math.max(1, cached?.write ?? 1) }
}

/** Of what a model can't do, nothing is left aside in silence. @throws InvalidInputError. */
function checkAbilities(scope: ChatScope, model: ResolvedModel, request: ChatRequest): void {
  const lacking = lackingFor(scope, model, request)
  if (lacking) throw new InvalidInputError(lacking.message, { field: lacking.field })
}

/** Whether a model can do what is asked. */
export function isAble(scope: ChatScope, model: ResolvedModel, request: ChatRequest): boolean {
  return lackingFor(scope, model, request) === undefined
}

function lackingFor(
  scope: ChatScope,
  model: ResolvedModel,
  request: ChatRequest,
): { readonly message: string; readonly field: string } | undefined {
  const { capabilities } = model.entry
  const { tools = [], toolChoice, prompt } = request
  if (tools.length > 0 && !capabilities.tools) return { message: 'This model has no tools.', field: 'tools' }
  const mustCall = toolChoice?.type === 'required' || toolChoice?.type === 'tool'
  if (mustCall && !servingEntry(scope, model).capabilities.tools)
    return { message: `${model.servedBy} serves this model here, and has no tools to call.`, field: 'tool_choice' }
  if (capabilities.images) return undefined
  const index = prompt.findIndex(({ content }) => typeof content !== 'string' && content.some((part) => part.type === 'file'))
  return index < 0 ? undefined : { message: 'This model sees no images.', field: `messages.${index}` }
}

/** What answers, where another stands in for the model; tenants that may not ask it themselves are served by it all the same. */
function servingEntry({ models }: ChatScope, { entry, servedBy }: ResolvedModel): ModelEntry {
  if (servedBy === entry.id) return entry
  const found = (models.shared ?? models).entries().find(({ id, kind }) => id === servedBy && kind === 'language')
  return found ?? entry
}

/** How many tokens a request comes to: an estimate, rather too many than too few. */
export function inputTokensOf({ prompt, tools = [], responseFormat }: ChatRequest): number {
  const described = [...tools, ...(responseFormat?.type === 'json' ? [responseFormat] : [])]
  return estimatePromptTokens(prompt) + (described.length === 0 ? 0 : estimateTextTokens(JSON.stringify(described)))
}
