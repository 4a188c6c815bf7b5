import { z } from 'zod'
import { defineEvent, type EventDefinition } from '../define/event.ts'
import type { Usage } from '../language-model/catalogue.ts'

interface ReceivedDetail {
  readonly request_id: string
  readonly user_id: string
  readonly model_id: string
  readonly prompt_ref: string
}

interface CompletedDetail {
  readonly request_id: string
  readonly status: 'completed'
  readonly result_ref: string
  readonly usage: Usage
}

export interface FailedDetail {
  readonly request_id: string
  readonly status: 'failed' | 'cancelled' | 'expired'
  readonly error: { readonly code: string; readonly message: string; readonly retryable: boolean }
}

const errorSchema = z.strictObject({ code: z.string(), message: z.string(), retryable: z.boolean() })
const usageSchema = z.strictObject({
  input_tokens: z.number(),
  output_tokens: z.number(),
  usd: z.number(),
  latency_ms: z.number(),
})

/** R9, with references in place of the prompt (X15). */
export const requestReceived: EventDefinition<ReceivedDetail> = defineEvent<ReceivedDetail>({
  type: 'genai.request.received',
  version: 1,
  summary: 'A request was accepted and will be worked.',
  detail: z.strictObject({ request_id: z.string(), user_id: z.string(), model_id: z.string(), prompt_ref: z.string() }),
})

/** R15. Exactly one of this and {@link requestFailed} per request and round. */
export const requestCompleted: EventDefinition<CompletedDetail> = defineEvent<CompletedDetail>({
  type: 'genai.request.completed',
  version: 1,
  summary: 'A request was answered.',
  detail: z.strictObject({ request_id: z.string(), status: z.literal('completed'), result_ref: z.string(), usage: usageSchema }),
})

/** R16, with a stable code in place of the exception's text (X19). */
export const requestFailed: EventDefinition<FailedDetail> = defineEvent<FailedDetail>({
  type: 'genai.request.failed',
  version: 1,
  summary: 'A request failed for good, was cancelled, or expired.',
  detail: z.strictObject({ request_id: z.string(), status: z.enum(['failed', 'cancelled', 'expired']), error: errorSchema }),
})

/** Where a prompt or result can be had, by whoever may read the request. */
export function reference(requestId: string, part: 'prompt' | 'result'): string {
  return `requests/${requestId}/${part}`
}
