/** What somebody answers before they build; each answer may be left out. @module */
import { z } from 'zod'
import { numberBetween, wholeNumber } from '../define/forms.ts'
import { InvalidInputError } from '../errors.ts'

/** The most that any amount may be: beyond it nothing is meant, and sums would lose their last digits. */
export const largestAmount = 1e15

const amount = numberBetween(0, largestAmount)
const count = wholeNumber(0, largestAmount)
const share = numberBetween(0, 1)

/** How long somebody waits for an answer: under two seconds, seconds, minutes, or until the morning. */
export const responses = ['interactive', 'seconds', 'minutes', 'batch'] as const

export const isolations = ['pool', 'silo'] as const
/** Where passages are searched: Plinth's own sealed segments on S3, or another engine. */
const vectorStores = ['segments', 's3-vectors', 'opensearch'] as const
/** How Kinesis is paid: by the shard, or by use. */
const capacities = ['shards', 'on-demand'] as const

/** All of the answers. What isn't needed has none of it: no documents, one step, no records, one tenant. */
export interface Profile {
  readonly response: (typeof responses)[number]
  readonly requests_per_month: number
  readonly peak_factor: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly model_id: string
  readonly knowledge: {
    readonly documents: number
    readonly pages: number
    readonly scanned_share: number
    readonly changes_per_month: number
    readonly vector_store: (typeof vectorStores)[number]
  }
  readonly workflow: { readonly steps: number; readonly tools: boolean; readonly approval: boolean }
  readonly stream: {
    readonly records_per_second: number
    readonly record_bytes: number
    readonly keys: number
    readonly anomaly_share: number
    readonly capacity: (typeof capacities)[number]
  }
  readonly tenants: {
    readonly count: number
    readonly isolation: (typeof isolations)[number]
    readonly largest_share: number
  }
  readonly data_classes: readonly string[]
  readonly regions: readonly string[]
  /** Absent: no bound. */
  readonly monthly_budget_usd?: number
  readonly availability: number
  readonly tokens_per_minute: number
}

/** Those that were given. */
export type Answers = {
  readonly [Name in keyof Profile]?: Profile[Name] extends readonly unknown[]
    ? Profile[Name]
    : Profile[Name] extends object
      ? Partial<Profile[Name]>
      : Profile[Name]
}

export const answersForm: z.ZodType<Answers> = z.strictObject({
  response: z.enum(responses).exactOptional(),
  requests_per_month: amount.exactOptional(),
  /** The busiest minute's requests over those of an average one. */
  peak_factor: amount.min(1).exactOptional(),
  /** Of one request, the texts of documents left out. */
  input_tokens: amount.exactOptional(),
  output_tokens: amount.exactOptional(),
  model_id: z.string().min(1).max(200).exactOptional(),
  knowledge: z
    .strictObject({
      documents: count.exactOptional(),
      /** Of all documents together. */
      pages: count.exactOptional(),
      scanned_share: share.exactOptional(),
      /** Documents that are new or differ. */
      changes_per_month: amount.exactOptional(),
      vector_store: z.enum(vectorStores).exactOptional(),
    })
    .exactOptional(),
  workflow: z
    .strictObject({ steps: count.exactOptional(), tools: z.boolean().exactOptional(), approval: z.boolean().exactOptional() })
    .exactOptional(),
  stream: z
    .strictObject({
      records_per_second: amount.exactOptional(),
      record_bytes: amount.exactOptional(),
      keys: count.exactOptional(),
      /** Of all records, those that are odd enough to be shown to a model. */
      anomaly_share: share.exactOptional(),
      capacity: z.enum(capacities).exactOptional(),
    })
    .exactOptional(),
  tenants: z
    .strictObject({
      count: wholeNumber(1, largestAmount).exactOptional(),
      isolation: z.enum(isolations).exactOptional(),
      /** Of all requests, those of the largest. */
      largest_share: share.exactOptional(),
    })
    .exactOptional(),
  data_classes: z
    .array(z.enum(['public', 'internal', 'pii', 'phi', 'pci']))
    .max(5)
    .exactOptional(),
  regions: z
    .array(z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'Must be a region of AWS, such as eu-central-1.'))
    .max(40)
    .exactOptional(),
  monthly_budget_usd: amount.exactOptional(),
  /** The part of a year in which it must answer, in percent. */
  availability: amount.max(100).exactOptional(),
  /** What the account's quota allows the model. */
  tokens_per_minute: amount.exactOptional(),
})

/** An answer that was left out, and what is taken for it. */
export interface Assumption {
  readonly field: string
  readonly value: unknown
}

const pagesOfADocument = 5
/** A tenth of them changes in a month. */
const changing = 0.1
/** Of the worked example S4: a record in a thousand. */
const odd = 0.001
/**
 * What accounts of some months had for a model of Claude (repost.aws, questions/QUC82MTlWlQNagsqEG2Hbxlw). AWS gives new ones less, others ten
 * times as much: only Service Quotas knows.
 */
const usualTokensPerMinute = 200_000

/** Fills in what was left out. @throws InvalidInputError for answers that contradict each other; it names the field. */
export function completeProfile(
  answers: Answers,
  { model, region }: { readonly model: string; readonly region: string },
): { readonly profile: Profile; readonly assumptions: readonly Assumption[] } {
  const assumptions: Assumption[] = []
  const assume = <Value>(field: string, given: Value | undefined, otherwise: Value): Value => {
    if (given !== undefined) return given
    assumptions.push({ field, value: otherwise })
    return otherwise
  }
  const { knowledge, workflow, stream, tenants } = answers
  const documents = assume('knowledge.documents', knowledge?.documents, knowledge ? 1_000 : 0)
  const records = assume('stream.records_per_second', stream?.records_per_second, stream ? 100 : 0)
  const tenantCount = assume('tenants.count', tenants?.count, tenants ? 10 : 1)
  const profile: Profile = {
    response: assume('response', answers.response, 'seconds'),
    requests_per_month: assume('requests_per_month', answers.requests_per_month, 100_000),
    peak_factor: assume('peak_factor', answers.peak_factor, 4),
    input_tokens: assume('input_tokens', answers.input_tokens, 1_000),
    output_tokens: assume('output_tokens', answers.output_tokens, 300),
    model_id: assume('model_id', answers.model_id, model),
    knowledge: {
      documents,
      pages: assume('knowledge.pages', knowledge?.pages, Math.min(largestAmount, documents * pagesOfADocument)),
      scanned_share: assume('knowledge.scanned_share', knowledge?.scanned_share, 0),
      changes_per_month: assume('knowledge.changes_per_month', knowledge?.changes_per_month, documents * changing),
      vector_store: assume('knowledge.vector_store', knowledge?.vector_store, 'segments'),
    },
    workflow: {
      steps: assume('workflow.steps', workflow?.steps, workflow ? 5 : 1),
      tools: assume('workflow.tools', workflow?.tools, false),
      approval: assume('workflow.approval', workflow?.approval, false),
    },
    stream: {
      records_per_second: records,
      record_bytes: assume('stream.record_bytes', stream?.record_bytes, records > 0 ? 1_024 : 0),
      keys: assume('stream.keys', stream?.keys, records > 0 ? 1_000 : 0),
      anomaly_share: assume('stream.anomaly_share', stream?.anomaly_share, records > 0 ? odd : 0),
      capacity: assume('stream.capacity', stream?.capacity, 'shards'),
    },
    tenants: {
      count: tenantCount,
      isolation: assume('tenants.isolation', tenants?.isolation, 'pool'),
      largest_share: assume('tenants.largest_share', tenants?.largest_share, Math.min(1, 2 / tenantCount)),
    },
    data_classes: assume('data_classes', answers.data_classes, ['internal']),
    regions: assume('regions', answers.regions, [region]),
    ...(answers.monthly_budget_usd !== undefined && { monthly_budget_usd: answers.monthly_budget_usd }),
    availability: assume('availability', answers.availability, 99.9),
    tokens_per_minute: assume('tokens_per_minute', answers.tokens_per_minute, usualTokensPerMinute),
  }
  checkAgreement(profile)
  return { profile, assumptions }
}

/** Pairs of answers that can't both be true: the field that is named, and why. */
const contradictions: readonly {
  readonly field: string
  readonly words: string
  readonly holds: (profile: Profile) => boolean
}[] = [
  {
    field: 'knowledge.pages',
    words: 'There are pages, but no documents.',
    holds: ({ knowledge }) => knowledge.documents === 0 && knowledge.pages > 0,
  },
  {
    field: 'knowledge.pages',
    words: 'A document has a page at the least.',
    holds: ({ knowledge }) => knowledge.pages < knowledge.documents,
  },
  {
    field: 'stream.keys',
    words: 'Records have a key each, so there is one at the least.',
    holds: ({ stream }) => stream.records_per_second > 0 && stream.keys === 0,
  },
  {
    field: 'tenants.largest_share',
    words: 'The largest tenant has an equal share at the least.',
    holds: ({ tenants }) => tenants.largest_share * tenants.count < 1 - 1e-9,
  },
  {
    field: 'workflow.approval',
    words: 'Nobody approves something within two seconds.',
    holds: ({ workflow, response }) => workflow.approval && response === 'interactive',
  },
  {
    field: 'workflow.steps',
    words: 'Tools and approvals belong to a workflow, which has a step at the least.',
    holds: ({ workflow }) => workflow.steps === 0 && (workflow.tools || workflow.approval),
  },
]

function checkAgreement(profile: Profile): void {
  const found = contradictions.find(({ holds }) => holds(profile))
  if (found) throw new InvalidInputError(`${found.field} contradicts another answer: ${found.words}`, { field: found.field })
}
