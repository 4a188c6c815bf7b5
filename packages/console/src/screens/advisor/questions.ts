/** The advisor's questions, in the order in which people can answer them. @module */
import { type Numbers, numberIn, wordsIn } from '../../kit/typed.ts'

interface Asked {
  /** The contract's name, by which the server names it when it refuses an answer. */
  readonly path: string
  readonly label: string
  readonly hint?: string
}

export type Question = Asked &
  (
    | { readonly kind: 'number'; readonly numbers: Numbers }
    | { readonly kind: 'text' }
    /** Several words with commas between them. */
    | { readonly kind: 'words' }
    | { readonly kind: 'boolean' }
    | { readonly kind: 'choice'; readonly options: readonly string[] }
  )

export interface Group {
  readonly title: string
  /** What makes the whole group count, and what leaving it out means. */
  readonly about?: string
  readonly questions: readonly Question[]
}

/** What the server takes for an amount, a number of things, and a part of a whole. */
const amount: Numbers = { from: 0, to: 1e15 }
const count: Numbers = { ...amount, isWhole: true }
const share: Numbers = { from: 0, to: 1 }

export const groups: readonly Group[] = [
  {
    title: 'Load',
    questions: [
      {
        kind: 'choice',
        path: 'response',
        label: 'How long may an answer take?',
        options: ['interactive', 'seconds', 'minutes', 'batch'],
      },
      { kind: 'number', numbers: amount, path: 'requests_per_month', label: 'Requests a month' },
      {
        kind: 'number',
        numbers: { ...amount, from: 1 },
        path: 'peak_factor',
        label: 'Peak factor',
        hint: 'The busiest minute over an average one.',
      },
      {
        kind: 'number',
        numbers: amount,
        path: 'input_tokens',
        label: 'Input tokens a request',
        hint: 'Without the texts of documents.',
      },
      { kind: 'number', numbers: amount, path: 'output_tokens', label: 'Output tokens a request' },
      { kind: 'text', path: 'model_id', label: 'Model', hint: 'An id of Bedrock.' },
    ],
  },
  {
    title: 'Knowledge',
    about: 'Answers that have to come from documents.',
    questions: [
      { kind: 'number', numbers: count, path: 'knowledge.documents', label: 'Documents' },
      { kind: 'number', numbers: count, path: 'knowledge.pages', label: 'Pages in all' },
      { kind: 'number', numbers: share, path: 'knowledge.scanned_share', label: 'Scanned share', hint: 'From 0 to 1.' },
      { kind: 'number', numbers: amount, path: 'knowledge.changes_per_month', label: 'Documents that change a month' },
      {
        kind: 'choice',
        path: 'knowledge.vector_store',
        label: 'Where passages are searched',
        options: ['segments', 's3-vectors', 'opensearch'],
      },
    ],
  },
  {
    title: 'Workflow',
    about: 'Work in several steps, by agents.',
    questions: [
      { kind: 'number', numbers: count, path: 'workflow.steps', label: 'Steps' },
      { kind: 'boolean', path: 'workflow.tools', label: 'With tools' },
      { kind: 'boolean', path: 'workflow.approval', label: 'A person approves' },
    ],
  },
  {
    title: 'Stream',
    about: 'Records that come all the time.',
    questions: [
      { kind: 'number', numbers: amount, path: 'stream.records_per_second', label: 'Records a second' },
      { kind: 'number', numbers: amount, path: 'stream.record_bytes', label: 'Bytes a record' },
      { kind: 'number', numbers: count, path: 'stream.keys', label: 'Keys' },
      {
        kind: 'number',
        numbers: share,
        path: 'stream.anomaly_share',
        label: 'Odd share',
        hint: 'Of records, those that a model is shown.',
      },
      { kind: 'choice', path: 'stream.capacity', label: 'Paid by', options: ['shards', 'on-demand'] },
    ],
  },
  {
    title: 'Customers',
    about: 'Several tenants that share it.',
    questions: [
      { kind: 'number', numbers: { ...count, from: 1 }, path: 'tenants.count', label: 'Tenants' },
      { kind: 'choice', path: 'tenants.isolation', label: 'Isolation', options: ['pool', 'silo'] },
      { kind: 'number', numbers: share, path: 'tenants.largest_share', label: "The largest one's share", hint: 'From 0 to 1.' },
    ],
  },
  {
    title: 'Bounds',
    questions: [
      { kind: 'words', path: 'data_classes', label: 'Classes of data', hint: 'public, internal, pii, phi, pci' },
      { kind: 'words', path: 'regions', label: 'Regions', hint: 'Of AWS, such as eu-central-1.' },
      { kind: 'number', numbers: amount, path: 'monthly_budget_usd', label: 'Budget a month, USD' },
      { kind: 'number', numbers: { ...amount, to: 100 }, path: 'availability', label: 'Availability, percent' },
      {
        kind: 'number',
        numbers: amount,
        path: 'tokens_per_minute',
        label: 'Quota, tokens a minute',
        hint: "Of the account's, for the model.",
      },
    ],
  },
]

/** Where an answer that is refused says so. */
export const answerFields: readonly string[] = groups.flatMap(({ questions }) => questions.map(({ path }) => `profile.${path}`))

/** Which numbers each answer may be, by its field in the call. */
export const answerNumbers: Readonly<Record<string, Numbers>> = Object.fromEntries(
  groups.flatMap(({ questions }) =>
    questions.flatMap((question) =>
      question.kind === 'number' ? [[`profile.${question.path}`, question.numbers] as const] : [],
    ),
  ),
)

/** What was typed, as an answer; what can't be one is left as it is, to be refused by the field's name. */
export function answerOf({ kind }: Question, typed: string): unknown {
  const text = typed.trim()
  if (text === '') return undefined
  if (kind === 'boolean') return text === 'true'
  if (kind === 'words') return wordsIn(text)
  return kind === 'number' ? numberIn(text) : text
}
