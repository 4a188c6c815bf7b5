import { z } from 'zod'
import { answerTokens, callerId, type PageQuery, pageFields, pageOf, time } from '../define/forms.ts'
import { timestamp } from '../ports/clock.ts'
import type { Lane } from '../ports/queue.ts'
import type { Acknowledgement, GenaiRequest } from './accept.ts'
import type { DeadLetterFields, RequestFields, RequestRecord, RequestStatus } from './requests.ts'

export interface RequestParams {
  readonly id: string
}

export interface RequestListQuery extends PageQuery {
  readonly status?: RequestStatus | undefined
  /** The one asked for, or the one that answered. */
  readonly model_id?: string | undefined
  readonly priority?: Lane | undefined
  /** Somewhere in its id, user, correlation id, error, prompt or result; of whatever case. */
  readonly text?: string | undefined
}

export interface EventListQuery extends PageQuery {
  readonly type?: string | undefined
}

/** A prompt may fill what a JSON body may hold; emptiness and white space alone are not a prompt. */
const prompt = z.string().refine((text) => text.trim() !== '', 'Must not be empty.')

/** An http or https URL that carries no secrets for whoever reads it. White space, which a parser of URLs passes over, is a mistake. */
const callbackUrl = z
  .string()
  .max(2048)
  .refine((text) => {
    if (!/^https?:\/\/[^\s\p{Cc}]+$/iu.test(text) || !URL.canParse(text)) return false
    const { username, password } = new URL(text)
    return username === '' && password === ''
  }, 'Must be an http or https URL without credentials.')
  .meta({ format: 'uri' })

export const submission: z.ZodType<GenaiRequest> = z.strictObject({
  prompt,
  model_id: z.string().min(1).max(300).optional(),
  request_id: callerId.optional(),
  max_tokens: answerTokens.optional(),
  priority: z.enum(['high', 'normal', 'low']).optional(),
  not_before: time.optional(),
  expires_at: time.optional(),
  callback_url: callbackUrl.optional(),
}) as unknown as z.ZodType<GenaiRequest>

export const requestParams: z.ZodType<RequestParams> = z.strictObject({ id: z.string().min(1).max(300) })

export const requestListQuery: z.ZodType<RequestListQuery> = z.strictObject({
  ...pageFields,
  status: z.enum(['processing', 'completed', 'failed', 'cancelled']).optional(),
  model_id: z.string().min(1).max(300).optional(),
  priority: z.enum(['high', 'normal', 'low']).optional(),
  text: z.string().trim().min(1).max(200).optional(),
})

export const eventListQuery: z.ZodType<EventListQuery> = z.strictObject({
  ...pageFields,
  type: z.string().min(1).max(100).optional(),
})

export const textForm: z.ZodType = z.object({ request_id: z.string(), text: z.string() })

export interface EventStreamQuery {
  readonly type?: string | undefined
}

export const eventStreamQuery: z.ZodType<EventStreamQuery> = z.strictObject({ type: z.string().min(1).max(100).optional() })

export const pageQuery: z.ZodType<PageQuery> = z.strictObject(pageFields)

const instant = z.iso.datetime()
const error = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })
const usage = z.object({ input_tokens: z.number(), output_tokens: z.number(), usd: z.number(), latency_ms: z.number() })

export const acknowledgementForm: z.ZodType = z.object({
  request_id: z.string(),
  status: z.literal('processing'),
  estimated_completion: z.string(),
  estimated_completion_at: instant,
})

const summary = z.object({
  request_id: z.string(),
  tenant_id: z.string(),
  user_id: z.string(),
  model_id: z.string(),
  max_tokens: z.number().int(),
  priority: z.enum(['high', 'normal', 'low']),
  status: z.enum(['processing', 'completed', 'failed', 'cancelled']),
  round: z.number().int(),
  attempts: z.number().int(),
  error: error.nullable(),
  usage: usage.nullable(),
  findings: z.array(
    z.object({ direction: z.enum(['input', 'output']), kind: z.string(), action: z.string(), count: z.number().int() }),
  ),
  correlation_id: z.string(),
  accepted_at: instant,
  not_before: instant.nullable(),
  expires_at: instant,
  ended_at: instant.nullable(),
  estimated_completion: z.string(),
  estimated_completion_at: instant,
  timeline: z.array(
    z.object({ at: instant, type: z.string(), attempt: z.number().int().optional(), detail: z.string().optional() }),
  ),
})

export const requestForm: z.ZodType = summary.extend({
  result: z.object({ text: z.string(), stop_reason: z.string(), model_id: z.string() }).nullable(),
  callback_url: z.string().nullable(),
})
export const cancelledForm: z.ZodType = summary.extend({ result: z.null() })
export const requestListForm: z.ZodType = pageOf(summary)

export const eventListForm: z.ZodType = pageOf(
  z.object({
    id: z.string(),
    source: z.literal('genai.service'),
    type: z.string(),
    time: instant,
    version: z.number().int(),
    correlation_id: z.string(),
    tenant_id: z.string(),
    subject: z.string(),
    sequence: z.number().int(),
    detail: z.record(z.string(), z.unknown()),
  }),
)

export const deadLetterListForm: z.ZodType = pageOf(
  z.object({
    dead_letter_id: z.string(),
    kind: z.enum(['request', 'delivery']),
    request_id: z.string(),
    target: z.string().optional(),
    sequence: z.number().int().optional(),
    reason: z.string(),
    message: z.string(),
    attempts: z.number().int(),
    round: z.number().int(),
    at: instant,
  }),
)

export const redrivenForm: z.ZodType = z.object({ redriven: z.array(z.string()) })

/** The acknowledgement as it leaves. */
export function showAcknowledgement(acknowledgement: Acknowledgement): object {
  return { ...acknowledgement, estimated_completion_at: timestamp(acknowledgement.estimated_completion_at) }
}

/** A request without its texts, as lists show it. */
export function showSummary(tenantId: string, fields: RequestFields): object {
  return {
    request_id: fields.request_id,
    tenant_id: tenantId,
    user_id: fields.user_id,
    model_id: fields.model_id,
    max_tokens: fields.max_tokens,
    priority: fields.priority,
    status: fields.status,
    round: fields.round,
    attempts: fields.attempts,
    error: fields.error ?? null,
    usage: fields.usage ?? null,
    findings: fields.findings ?? [],
    correlation_id: fields.correlation_id,
    accepted_at: timestamp(fields.accepted),
    not_before: fields.not_before === undefined ? null : timestamp(fields.not_before),
    expires_at: timestamp(fields.expires_at),
    ended_at: fields.ended === undefined ? null : timestamp(fields.ended),
    estimated_completion: fields.estimated_completion,
    estimated_completion_at: timestamp(fields.estimated_completion_at),
    timeline: fields.timeline.map(({ number, ...entry }) => ({ ...entry, at: timestamp(entry.at) })),
  }
}

/** A whole request, its result opened. */
export async function showRequest(tenantId: string, record: RequestRecord): Promise<object> {
  const { fields } = record
  const text = await record.open('result')
  const result =
    text === undefined
      ? null
      : { text, stop_reason: fields.stop_reason ?? 'other', model_id: fields.answered_by ?? fields.model_id }
  return { ...showSummary(tenantId, fields), result }
}

export function showDeadLetter({ errand, ...fields }: DeadLetterFields): object {
  const of = errand === undefined ? {} : { target: errand.target, sequence: errand.sequence }
  return { dead_letter_id: fields.request_id, kind: 'request', ...fields, ...of, at: timestamp(fields.at) }
}
