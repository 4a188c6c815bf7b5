/** What questions take and show. @module */
import { z } from 'zod'
import { answerTokens, numberBetween, wholeNumber } from '../define/forms.ts'
import type { SearchFilter } from '../ports/search-index.ts'
import { filterActions, filterKinds } from '../tenancy/filters/filter-settings.ts'
import type { Turn } from './answer/prompt.ts'

export interface RetrieveBody {
  readonly query: string
  readonly top_k: number
  readonly filter?: SearchFilter | undefined
  readonly history?: readonly Turn[] | undefined
  /** What the vector counts beside the words, 0 to 1. */
  readonly dense_weight?: number | undefined
}

export interface QueryBody extends RetrieveBody {
  readonly stream?: boolean | undefined
  /** Whether an agent looks, who may look several times (R45). */
  readonly agent?: boolean | undefined
  readonly model_id?: string | undefined
  readonly max_tokens?: number | undefined
  /** Whether the answer says how it came about. */
  readonly explain?: boolean | undefined
}

/** R27. */
const usualTopK = 5

const value = z.union([z.string().max(1_000), z.number(), z.boolean()])
const turn = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string().min(1) })

const retrieval = {
  query: z.string().refine((text) => text.trim() !== '', 'Must not be empty.'),
  top_k: wholeNumber(1, 100).default(usualTopK),
  filter: z
    .record(z.string().min(1).max(128), z.union([value, z.array(value).min(1).max(100)]))
    .refine((fields) => Object.keys(fields).length <= 20, 'Must have at most 20 fields.')
    .optional(),
  history: z.array(turn).max(100).optional(),
  dense_weight: numberBetween(0, 1).optional(),
}

export const retrieveBody: z.ZodType<RetrieveBody> = z.strictObject(retrieval) as unknown as z.ZodType<RetrieveBody>

export const queryBody: z.ZodType<QueryBody> = z.strictObject({
  ...retrieval,
  stream: z.boolean().optional(),
  agent: z.boolean().optional(),
  model_id: z.string().min(1).max(300).optional(),
  max_tokens: answerTokens.optional(),
  explain: z.boolean().optional(),
}) as unknown as z.ZodType<QueryBody>

const passage = z.object({
  document_id: z.string(),
  source: z.string(),
  /** Of the text that was read; another one of the document tells that it has changed since. */
  revision: z.string(),
  content: z.string(),
  start: z.number().int(),
  end: z.number().int(),
  page: z.number().int().optional(),
  score: z.number(),
  /** What the tenant's filters find suspicious in it. */
  flags: z.array(z.enum(filterKinds)).optional(),
})

export const passagesForm: z.ZodType = z.object({ results: z.array(passage) })

const part = z.number().min(0).max(1)

const explanationForm = z.object({
  searched: z.string(),
  passages: z.array(passage.extend({ use: z.enum(['cited', 'shown', 'left_out']), number: z.number().int().optional() })),
  prompt: z
    .object({
      messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), text: z.string() })),
      tokens: z.number().int(),
    })
    .nullable(),
  served_by: z.string().nullable(),
  confidence: z.object({
    related: part,
    answered: part,
    supported: part.nullable(),
    floor: part,
    least: part,
    features: z.record(z.string(), part),
  }),
  claims: z.array(z.object({ start: z.number().int(), end: z.number().int(), support: z.number(), cited: z.boolean() })),
})

export const answerForm: z.ZodType = z.object({
  response: z.string(),
  tenant_id: z.string(),
  sources: z.array(z.string()),
  confidence: z.number().min(0).max(1),
  abstained: z.boolean(),
  citations: z.array(
    z.object({
      claim_start: z.number().int(),
      claim_end: z.number().int(),
      document_id: z.string(),
      source: z.string(),
      /** Of the text that start and end index; another one of the document tells that it has changed since. */
      revision: z.string(),
      start: z.number().int(),
      end: z.number().int(),
    }),
  ),
  /** Passages in which the tenant's filters found something; those with block had no part in the answer. */
  filtered: z.array(
    z.object({
      document_id: z.string(),
      source: z.string(),
      start: z.number().int(),
      end: z.number().int(),
      kind: z.enum(filterKinds),
      action: z.enum(filterActions),
    }),
  ),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number(), usd: z.number(), latency_ms: z.number() }),
  /** With explain. */
  explanation: explanationForm.optional(),
})

const space = z.object({ name: z.string(), model_id: z.string(), served_by: z.string(), dimensions: z.number().int() })

export const indexForm: z.ZodType = z.object({
  documents: z.number().int(),
  chunks: z.number().int(),
  bytes: z.number().int(),
  segments: z.number().int(),
  /** The model that this Plinth is set to. */
  embedding_model: z.string(),
  serving: space.extend({ chunks: z.number().int(), recall: z.number().optional() }).nullable(),
  building: space.extend({ chunks: z.number().int() }).nullable(),
  /** What a question's vector counts beside its words. */
  dense_weight: z.number(),
  /** Whether the vectors are another model's than that. */
  reindex_needed: z.boolean(),
})
export const reindexForm: z.ZodType = z.object({ building: space })

export interface IndexBody {
  readonly dense_weight: number | null
}
export const indexBody: z.ZodType<IndexBody> = z.strictObject({ dense_weight: numberBetween(0, 1).nullable() })
