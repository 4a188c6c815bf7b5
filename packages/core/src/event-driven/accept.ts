import { publishEvent } from '../define/event.ts'
import { type JobToEmit, startJob } from '../define/job.ts'
import { BudgetExhaustedError, ConflictError, InvalidInputError, LimitError, ReusedError, UnavailableError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { ResolvedModel } from '../language-model/catalogue.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Lane } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert, type RecordWrite } from '../scope/state.ts'
import { checkTargetUrl } from '../subscribers/target-url.ts'
import { filterInput } from '../tenancy/filters/filter-input.ts'
import { countBlocked, isBlocked, refuseBeforeFilters } from '../tenancy/meter/look-through.ts'
import { refusalOf, reserve } from '../tenancy/meter/meter.ts'
import { pricesFor } from '../tenancy/meter/prices.ts'
import { maxTokensOf } from '../tenancy/tenant-models.ts'
import { durationText, estimatesOf } from './estimate.ts'
import { reference, requestReceived } from './events.ts'
import { longestLook } from './expire.ts'
import { expireJob, processJob } from './jobs.ts'
import {
  backlogChange,
  backlogPlace,
  backlogs,
  defaultExpiry,
  idempotencyKeys,
  type RequestFields,
  requests,
} from './requests.ts'
import type { Place } from './tenant-estimates.ts'
import { withEntry } from './timeline.ts'

/** The seed's request_data (R8); the user is the caller's, never the body's (X14). */
export interface GenaiRequest {
  readonly prompt: string
  /** Default: the model that this Plinth is set to. */
  readonly model_id?: string
  /** The caller's own id, unique within the tenant (X6). Default: one is made. */
  readonly request_id?: string
  /** Default 1000 (R14), or the model's most where that is less. */
  readonly max_tokens?: number
  readonly priority?: Lane
  /** Milliseconds UTC. */
  readonly not_before?: number
  /** When it is not worked any more, milliseconds UTC. Default: 7 days after it may be worked. */
  readonly expires_at?: number
  /** Where its end is to be told, an http or https URL. */
  readonly callback_url?: string
}

/** R10. */
export interface Acknowledgement {
  readonly request_id: string
  readonly status: 'processing'
  /** For people: `2 seconds`. */
  readonly estimated_completion: string
  /** Milliseconds UTC. */
  readonly estimated_completion_at: number
}

/** How many requests of a tenant may wait and run; more are refused (X8). */
export const backlogLimit = 10_000_000
const tries = 3

/**
 * process_genai_request of the seed: keeps the request, its event and its job in one commit, then acknowledges. Nothing is
 * published that isn't kept, and nothing is kept that won't be worked.
 *
 * What can be told at little cost is refused first: a model, a URL or a time that can't be right, more tokens than a whole minute has,
 * then a spent budget or minute, and only then what the tenant's filters find. Whatever it would be refused for: sent again, a request
 * that was accepted has its place.
 *
 * @returns the acknowledgement; for the same key or id with the same body, the first one.
 * @throws InvalidInputError for a model outside the catalogue, a prompt that the tenant's filters refuse, an `expires_at` that is too early or a `callback_url` that may
 * not be called, or that is larger than a minute's tokens, ReusedError for a key or id used with another body, LimitError `queue_full`
 * and `rate_limited`, BudgetExhaustedError.
 */
export async function processGenaiRequest(
  scope: Uses<'state' | 'models' | 'outbound'>,
  request: GenaiRequest,
  options: { readonly idempotencyKey?: string; readonly backlogLimit?: number } = {},
): Promise<Acknowledgement> {
  const resolved = scope.models.resolve(request.model_id)
  const maxTokens = maxTokensOf(scope.tenant, resolved.entry, request.max_tokens)
  if (request.callback_url !== undefined) checkTargetUrl(scope, request.callback_url, 'callback_url')
  const digest = await scope.state.lookup('request body', canonicalJson(request as unknown as JsonObject))
  const key =
    options.idempotencyKey === undefined ? undefined : await scope.state.lookup('idempotency key', options.idempotencyKey)
  const sent = { request, resolved, maxTokens, digest, key, limit: options.backlogLimit ?? backlogLimit }
  try {
    return await accept(scope, sent)
  } catch (error) {
    if (!isRefusal(error)) throw error
    const first = await findFirst(scope, request.request_id, digest, key)
    if (first) return acknowledgement(first)
    if (isBlocked(error)) await countBlocked(scope, { what: 'request.refused', resource: 'requests' })
    throw limitOf(scope, error)
  }
}

/** A request with what is known of it before it is accepted. */
interface Sent {
  readonly request: GenaiRequest
  readonly resolved: ResolvedModel
  readonly maxTokens: number
  /** HMACs of the body and of the idempotency key. */
  readonly digest: string
  readonly key: string | undefined
  /** Of the backlog. */
  readonly limit: number
}

async function accept(scope: Uses<'state' | 'models'>, sent: Sent): Promise<Acknowledgement> {
  const { request, resolved, maxTokens, digest, key } = sent
  if ((request.expires_at ?? Number.POSITIVE_INFINITY) <= Math.max(scope.clock.now(), request.not_before ?? 0))
    throw new InvalidInputError('Must be later than now, and than not_before.', { field: 'expires_at' })
  const expected = { prices: pricesFor(scope, resolved.entry), outputTokens: maxTokens }
  await refuseBeforeFilters(scope, { ...expected, inputTokens: estimateTextTokens(request.prompt) })
  const { text: prompt, findings } = await filterInput(scope, request.prompt, 'prompt')
  for (let attempt = 1; attempt <= tries; attempt++) {
    const { fields, place } = await newRequest(scope, request, resolved.id, maxTokens, digest)
    try {
      const { writes, reservation } = reserve(scope, { ...expected, inputTokens: estimateTextTokens(prompt) })
      const noted = { ...fields, reservation, ...(findings.length === 0 ? {} : { findings }) }
      await commitRequest(scope, noted, { ...request, prompt }, writes, key, sent.limit)
      place.kept()
      return acknowledgement(fields)
    } catch (error) {
      place.dropped()
      if (!(error instanceof ConflictError)) throw error
    }
    const first = await findFirst(scope, request.request_id, digest, key)
    if (first) return acknowledgement(first)
  }
  throw new UnavailableError('contended', 'The request collided with others of the same id; try again.', { retryAfter: 1 })
}

/** Whether it may be one that was accepted before, and would be refused only now. */
function isRefusal(error: unknown): boolean {
  return error instanceof InvalidInputError || error instanceof LimitError || error instanceof BudgetExhaustedError
}

function limitOf(scope: Uses<never>, error: unknown): unknown {
  if (!(error instanceof LimitError && error.key.startsWith(`${backlogs.name}/`))) return refusalOf(scope, error)
  return new LimitError(error.key, 'queue_full', 'Too many requests of this tenant are waiting.', { retryAfter: 10 })
}

async function newRequest(
  scope: Uses<'state' | 'models'>,
  request: GenaiRequest,
  modelId: string,
  maxTokens: number,
  digest: string,
): Promise<{ readonly fields: RequestFields; readonly place: Place }> {
  const estimates = estimatesOf(scope)
  const kind = { model_id: modelId, max_tokens: maxTokens }
  await estimates.reread(kind, scope.clock.now(), async () => (await scope.state.get(backlogs, backlogPlace))?.fields)
  const now = scope.clock.now()
  const draft: Omit<RequestFields, 'estimated_completion' | 'estimated_completion_at'> = {
    request_id: request.request_id ?? uuid(scope.clock),
    user_id: scope.caller.user,
    model_id: modelId,
    max_tokens: maxTokens,
    priority: request.priority ?? 'normal',
    status: 'processing',
    round: 1,
    attempts: 0,
    throttled: 0,
    faults: 0,
    attempts_before: 0,
    accepted: now,
    ...(request.not_before === undefined ? {} : { not_before: request.not_before }),
    expires_at: request.expires_at ?? defaultExpiry(now, request.not_before),
    ...(request.callback_url === undefined ? {} : { callback: true }),
    body_digest: digest,
    correlation_id: scope.caller.correlationId,
    timeline: withEntry([], { at: now, type: 'received' }),
  }
  const { at, basis } = estimates.estimate(draft, now)
  const estimate = {
    estimated_completion: durationText(at - now),
    estimated_completion_at: at,
    estimate_basis: basis,
  }
  return { fields: { ...draft, ...estimate }, place: estimates.enter(draft, now) }
}

async function commitRequest(
  scope: Uses<'state'>,
  fields: RequestFields,
  request: GenaiRequest,
  reserved: readonly RecordWrite[],
  key: string | undefined,
  limit: number,
): Promise<void> {
  const id = fields.request_id
  const { prompt, callback_url } = request
  const writes: RecordWrite[] = [
    insert(requests, { partition: id }, fields, { prompt, ...(callback_url === undefined ? {} : { callback_url }) }),
    count(backlogs, backlogPlace, backlogChange(fields.priority, 1), { requests: limit }),
    ...reserved,
  ]
  if (key !== undefined) {
    writes.push(
      insert(
        idempotencyKeys,
        { partition: key },
        { request_id: id, body_digest: fields.body_digest, made: Math.max(fields.accepted, fields.not_before ?? 0) },
      ),
    )
  }
  await scope.state.commit({
    writes,
    resource: `requests/${id}`,
    emit: [
      publishEvent(requestReceived, id, {
        request_id: id,
        user_id: fields.user_id,
        model_id: fields.model_id,
        prompt_ref: reference(id, 'prompt'),
      }),
      ...jobsOf(fields, request),
    ],
  })
}

function jobsOf({ request_id, round, priority, accepted }: RequestFields, { not_before, expires_at }: GenaiRequest): JobToEmit[] {
  const id = `${request_id}:${round}`
  const body = { request_id, round }
  const jobs = [
    startJob(processJob, { id, body, lane: priority, ...(not_before === undefined ? {} : { notBefore: not_before }) }),
  ]
  if (expires_at !== undefined)
    jobs.push(startJob(expireJob, { id, body, notBefore: Math.min(expires_at, accepted + longestLook) }))
  return jobs
}

/** Who was first with this key or id. @throws ReusedError when it was with another body. */
async function findFirst(
  scope: Uses<'state'>,
  requestId: string | undefined,
  digest: string,
  key: string | undefined,
): Promise<RequestFields | undefined> {
  const kept = key === undefined ? undefined : (await scope.state.get(idempotencyKeys, { partition: key }))?.fields
  if (kept && kept.body_digest !== digest) throw new ReusedError('idempotency key', 'Idempotency-Key')
  const id = kept?.request_id ?? requestId
  const first = id === undefined ? undefined : (await scope.state.get(requests, { partition: id }))?.fields
  if (first && first.body_digest !== digest) throw new ReusedError('request id', 'request_id')
  return first
}

function acknowledgement(fields: RequestFields): Acknowledgement {
  return {
    request_id: fields.request_id,
    status: 'processing',
    estimated_completion: fields.estimated_completion,
    estimated_completion_at: fields.estimated_completion_at,
  }
}
