import { publishEvent } from '../define/event.ts'
import { startJob } from '../define/job.ts'
import { ConflictError, InvalidInputError, LimitError, ReusedError, UnavailableError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { Lane } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert, type RecordWrite } from '../scope/state.ts'
import { durationText, estimatorOf } from './estimate.ts'
import { reference, requestReceived } from './events.ts'
import { processJob } from './jobs.ts'
import { backlogPlace, backlogs, idempotencyKeys, type RequestFields, requests, withEntry } from './requests.ts'

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
const defaultMaxTokens = 1_000
const tries = 3

/**
 * process_genai_request of the seed: keeps the request, its event and its job in one commit, then acknowledges. Nothing is
 * published that isn't kept, and nothing is kept that won't be worked.
 *
 * @returns the acknowledgement; for the same key or id with the same body, the first one.
 * @throws InvalidInputError for a model outside the catalogue, ReusedError for a key or id used with another body,
 * LimitError `queue_full`.
 */
export async function processGenaiRequest(
  scope: Uses<'state' | 'models'>,
  request: GenaiRequest,
  options: { readonly idempotencyKey?: string; readonly backlogLimit?: number } = {},
): Promise<Acknowledgement> {
  const { entry } = scope.models.resolve(request.model_id)
  const maxTokens = request.max_tokens ?? Math.min(defaultMaxTokens, entry.maxOutput)
  if (maxTokens > entry.maxOutput) {
    throw new InvalidInputError(`The model gives at most ${entry.maxOutput} tokens.`, { field: 'max_tokens' })
  }
  const digest = await scope.state.lookup('request body', canonicalJson(request as unknown as JsonObject))
  const key =
    options.idempotencyKey === undefined ? undefined : await scope.state.lookup('idempotency key', options.idempotencyKey)
  for (let attempt = 1; attempt <= tries; attempt++) {
    const fields = await newRequest(scope, request, entry.id, maxTokens, digest)
    try {
      await commitRequest(scope, fields, request.prompt, key, options.backlogLimit ?? backlogLimit)
      return acknowledgement(fields)
    } catch (error) {
      if (error instanceof LimitError) {
        throw new LimitError(error.key, 'queue_full', 'Too many requests of this tenant are waiting.', { retryAfter: 10 })
      }
      if (!(error instanceof ConflictError)) throw error
      const first = await findFirst(scope, fields.request_id, digest, key)
      if (first) return acknowledgement(first)
    }
  }
  throw new UnavailableError('contended', 'The request collided with others of the same id; try again.', { retryAfter: 1 })
}

async function newRequest(
  scope: Uses<'state' | 'models'>,
  request: GenaiRequest,
  modelId: string,
  maxTokens: number,
  digest: string,
): Promise<RequestFields> {
  const now = scope.clock.now()
  const ahead = (await scope.state.get(backlogs, backlogPlace))?.fields.requests ?? 0
  const wait = Math.max(0, (request.not_before ?? now) - now)
  const estimate = wait + estimatorOf(scope.models).estimate(modelId, ahead, processJob.concurrency)
  return {
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
    estimated_completion: durationText(estimate),
    estimated_completion_at: Math.ceil(now + estimate),
    body_digest: digest,
    correlation_id: scope.caller.correlationId,
    timeline: withEntry([], { at: now, type: 'received' }),
  }
}

async function commitRequest(
  scope: Uses<'state'>,
  fields: RequestFields,
  prompt: string,
  key: string | undefined,
  limit: number,
): Promise<void> {
  const id = fields.request_id
  const writes: RecordWrite[] = [
    insert(requests, { partition: id }, fields, { prompt }),
    count(backlogs, backlogPlace, { requests: 1 }, { requests: limit }),
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
    emit: [
      publishEvent(requestReceived, id, {
        request_id: id,
        user_id: fields.user_id,
        model_id: fields.model_id,
        prompt_ref: reference(id, 'prompt'),
      }),
      startJob(processJob, {
        id: `${id}:${fields.round}`,
        body: { request_id: id, round: fields.round },
        lane: fields.priority,
        ...(fields.not_before === undefined ? {} : { notBefore: fields.not_before }),
      }),
    ],
  })
}

/** Who was first with this key or id. @throws ReusedError when it was with another body. */
async function findFirst(
  scope: Uses<'state'>,
  requestId: string,
  digest: string,
  key: string | undefined,
): Promise<RequestFields | undefined> {
  const kept = key === undefined ? undefined : (await scope.state.get(idempotencyKeys, { partition: key }))?.fields
  if (kept && kept.body_digest !== digest) throw new ReusedError('idempotency key', 'Idempotency-Key')
  const first = (await scope.state.get(requests, { partition: kept?.request_id ?? requestId }))?.fields
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
