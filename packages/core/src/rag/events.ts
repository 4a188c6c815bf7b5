import { z } from 'zod'
import { defineEvent, type EventDefinition } from '../define/event.ts'

export interface ProcessedDetail {
  readonly document_id: string
  readonly version: number
  readonly chunks_count: number
}

export interface FailedDetail {
  readonly document_id: string
  readonly version: number
  readonly error: { readonly code: string; readonly message: string }
}

export interface DeletedDetail {
  readonly document_id: string
}

export const documentProcessed: EventDefinition<ProcessedDetail> = defineEvent<ProcessedDetail>({
  type: 'genai.document.processed',
  version: 1,
  summary: 'A document was read and is found from now on.',
  detail: z.strictObject({ document_id: z.string(), version: z.number(), chunks_count: z.number() }),
})

export const documentFailed: EventDefinition<FailedDetail> = defineEvent<FailedDetail>({
  type: 'genai.document.failed',
  version: 1,
  summary: "A document can't be read; an earlier version of it is found as before.",
  detail: z.strictObject({
    document_id: z.string(),
    version: z.number(),
    error: z.strictObject({ code: z.string(), message: z.string() }),
  }),
})

export const documentDeleted: EventDefinition<DeletedDetail> = defineEvent<DeletedDetail>({
  type: 'genai.document.deleted',
  version: 1,
  summary: 'A document was deleted and is found no more.',
  detail: z.strictObject({ document_id: z.string() }),
})
