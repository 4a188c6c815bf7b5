/** Answers that are computed with, and that somebody should look at again. @module */
import type { ModelEntry } from '../language-model/catalogue.ts'
import { valueAt } from './fields.ts'
import type { Profile } from './profile.ts'

export interface Flag {
  readonly field: string
  readonly value: unknown
  readonly detail: string
}

/** Above which a number is likely a slip of the keyboard, or more than a service takes. */
const bounds: readonly { readonly field: string; readonly above: number; readonly detail: string }[] = [
  { field: 'requests_per_month', above: 1e10, detail: 'More than 3,800 requests in each second of the month.' },
  { field: 'peak_factor', above: 1_000, detail: 'The busiest minute has a thousand times the requests of an average one.' },
  { field: 'knowledge.documents', above: 1e9, detail: 'More than a billion documents.' },
  { field: 'knowledge.pages', above: 1e10, detail: 'More than ten billion pages.' },
  { field: 'knowledge.changes_per_month', above: 1e9, detail: 'More than a billion documents that change in a month.' },
  { field: 'workflow.steps', above: 100, detail: 'More steps than a plan should have: break the work up.' },
  { field: 'stream.records_per_second', above: 1e7, detail: 'More than ten million records a second: thousands of shards.' },
  {
    field: 'stream.record_bytes',
    above: 1_048_576,
    detail: 'A record of Kinesis holds a mebibyte: put what is larger on S3, and its name in the record.',
  },
  { field: 'stream.keys', above: 1e8, detail: 'More than a hundred million keys, each with what is known of it.' },
  { field: 'stream.anomaly_share', above: 0.1, detail: 'More than a tenth of the records is odd, and each is shown to a model.' },
  { field: 'tenants.count', above: 1e6, detail: 'More than a million tenants.' },
  { field: 'availability', above: 99.99, detail: 'No service that this is built on promises as much in one region.' },
]

export function flagsOf(profile: Profile, model: ModelEntry): readonly Flag[] {
  const { requests_per_month: requests, input_tokens: input, output_tokens: output } = profile
  const { price, lifecycle, context, maxOutput } = model
  const asked = profile.model_id
  const own: readonly (Flag | false)[] = [
    requests < 1 &&
      profile.stream.records_per_second === 0 && {
        field: 'requests_per_month',
        value: requests,
        detail: 'Nobody asks anything: what is left is what stands idle.',
      },
    input > context && {
      field: 'input_tokens',
      value: input,
      detail: `${model.id} takes ${context} tokens, input and output together.`,
    },
    output > maxOutput && { field: 'output_tokens', value: output, detail: `${model.id} writes at most ${maxOutput} tokens.` },
    price.input === 0 &&
      price.output === 0 && {
        field: 'model_id',
        value: asked,
        detail: 'This model runs in the process of Plinth and has no price a token; on AWS another one serves it.',
      },
    lifecycle.status === 'retired' && { field: 'model_id', value: asked, detail: retiredWords(lifecycle, 'is no longer served') },
    lifecycle.status === 'legacy' && {
      field: 'model_id',
      value: asked,
      detail: retiredWords(lifecycle, 'will no longer be served'),
    },
  ]
  const large = bounds
    .map(({ field, above, detail }) => ({ field, value: Number(valueAt(profile, field)), above, detail }))
    .filter(({ value, above }) => value > above)
    .map(({ above, ...flag }) => flag)
  return [...large, ...own.filter((flag) => flag !== false)]
}

function retiredWords({ retired, successor }: ModelEntry['lifecycle'], words: string): string {
  const from = retired === undefined ? '' : ` from ${retired} on`
  return `Its maker says that it ${words}${from}.${successor === undefined ? '' : ` Take ${successor}.`}`
}
