/** What would cost less, and what one gives up for it. @module */
import type { ModelEntry } from '../../language-model/catalogue.ts'
import type { Profile } from '../profile.ts'
import { type CostParts, has, scenarios } from './cost-line.ts'
import { estimateCost } from './estimate.ts'
import { type TokenPrice, tokensUsd } from './formulas.ts'
import { inputOf } from './request-lines.ts'

export interface Variant {
  readonly name: string
  readonly what: string
  /** USD a month. */
  readonly likely: number
  /** USD a month. */
  readonly saving: number
  readonly gives_up: string
  /** Where the discount is told of; absent: it is of the prices. */
  readonly source?: string
}

/** What variants are made from. */
export interface VariantParts {
  readonly parts: Omit<CostParts, 'scenario'>
  readonly model: ModelEntry
  readonly entries: readonly ModelEntry[]
  tokens(model: ModelEntry): TokenPrice
}

type Change = Omit<Variant, 'likely' | 'saving'> & { readonly changed: Partial<CostParts> }

/** Of requests that are asked again. */
const keptShare = 0.3
/** Of what is sent, the front that is the same each time. */
const sameShare = 0.5
const half = (price: TokenPrice): TokenPrice => ({ input: price.input / 2, output: price.output / 2 })
/** Whose models take batches (Amazon Bedrock user guide, batch inference), and which are served at the flex tier (AWS, what's new, 2025-11-18). */
const batchFamilies = new Set(['anthropic.claude', 'amazon.nova', 'meta.llama', 'openai.gpt-oss'])
const flexFamilies = new Set(['amazon.nova', 'openai.gpt-oss'])

/** Those that apply and save something, the most first. */
export function variantsOf(from: VariantParts): readonly Variant[] {
  const { likely } = estimateCost(from.parts)
  return changesOf(from)
    .map(({ changed, ...variant }) => {
      const cheaper = estimateCost({ ...from.parts, ...changed }).likely
      return { ...variant, likely: cheaper, saving: likely - cheaper }
    })
    .filter(({ saving }) => saving > likely * 1e-9)
    .toSorted((one, other) => other.saving - one.saving)
}

function changesOf(from: VariantParts): readonly Change[] {
  return [...modelChanges(from), ...callChanges(from), ...engineChanges(from.parts.profile, from.parts)]
}

function modelChanges({ parts, model, entries, tokens }: VariantParts): readonly Change[] {
  const next = nextCheaper({ parts, model, entries, tokens })
  if (!next) return []
  return [
    {
      name: 'smaller model',
      what: `${next.id} in the place of ${model.id}.`,
      gives_up: 'Quality, perhaps: compare both on questions of your own first.',
      changed: { model: tokens(next), profile: { ...parts.profile, model_id: next.id } },
    },
  ]
}

/** The dearest of the models that cost less for this use, are served still, and have room for it. */
function nextCheaper({ parts, model, entries, tokens }: VariantParts): ModelEntry | undefined {
  const { profile } = parts
  const input = inputOf({ ...parts, scenario: scenarios.likely })
  const costs = (price: TokenPrice): number => tokensUsd({ input, output: profile.output_tokens }, price)
  const most = costs(parts.model)
  return entries
    .filter(({ id, kind, provider, lifecycle, capabilities, context, maxOutput }) =>
      [
        id !== model.id && kind === 'language' && provider === 'bedrock' && lifecycle.status === 'active',
        context >= input + profile.output_tokens && maxOutput >= profile.output_tokens,
        capabilities.tools || !profile.workflow.tools,
      ].every(Boolean),
    )
    .filter((entry) => costs(tokens(entry)) < most)
    .toSorted((one, other) => costs(tokens(other)) - costs(tokens(one)))[0]
}

function callChanges({ parts, model }: VariantParts): readonly Change[] {
  const { profile, model: price } = parts
  const isStepwise = has(parts, 'multi-agent')
  const { cached } = model.price
  const isCacheable =
    inputOf({ ...parts, scenario: scenarios.likely }) * sameShare >= (model.promptCache?.leastTokens ?? Number.POSITIVE_INFINITY)
  const isPatient = profile.response === 'minutes' || profile.response === 'batch'
  const offered: readonly (Change | false | undefined)[] = [
    !isStepwise && {
      name: 'kept answers',
      what: 'Answers are kept, and 30% of requests are asked again.',
      gives_up: 'Such an answer is as old as what is kept.',
      changed: { kept: keptShare },
    },
    cached &&
      isCacheable && {
        name: 'prompt cache',
        what: 'The first half of what is sent is the same each time, and read from the prompt cache.',
        gives_up: 'What differs has to stand at the end of a prompt, and calls must follow each other within minutes.',
        source: model.price.source,
        changed: { model: { ...price, input: price.input * (1 - sameShare + sameShare * cached.read) } },
      },
    profile.response === 'batch' &&
      !isStepwise &&
      batchFamilies.has(model.family) && {
        name: 'batch inference',
        what: 'Calls are handed to Bedrock as a batch, at half of the price.',
        gives_up: 'Answers come within a day, not within minutes.',
        source: 'https://www.cloudroutehq.com/aws-ai/amazon-bedrock-batch-inference',
        changed: { model: half(price) },
      },
    isPatient &&
      flexFamilies.has(model.family) && {
        name: 'flex tier',
        what: 'Calls are sent at the flex tier, at half of the price.',
        gives_up: 'Calls wait, or are turned away, while others need the models.',
        source: "AWS, what's new, 2025-11-18; re:Invent 2025, AIM3304",
        changed: { model: half(price) },
      },
  ]
  return offered.filter((change) => change !== false && change !== undefined)
}

const stores: Readonly<Record<Profile['knowledge']['vector_store'], { readonly title: string; readonly gives_up: string }>> = {
  segments: {
    title: "Plinth's own segments on S3",
    gives_up: 'A function loads what it searches into its memory: the first question after a pause waits for that.',
  },
  's3-vectors': { title: 'S3 Vectors', gives_up: 'It has no search by words, so names and numbers are found less well.' },
  opensearch: { title: 'OpenSearch Serverless', gives_up: 'It stands there, idle or not.' },
}

function engineChanges(profile: Profile, parts: Omit<CostParts, 'scenario'>): readonly Change[] {
  const { knowledge, stream, tenants } = profile
  const changes: Change[] = []
  for (const [store, { title, gives_up }] of Object.entries(stores) as [keyof typeof stores, (typeof stores)['segments']][])
    if (has(parts, 'rag') && store !== knowledge.vector_store)
      changes.push({
        name: 'another vector store',
        what: `${title} in the place of ${stores[knowledge.vector_store].title}.`,
        gives_up,
        changed: { profile: { ...profile, knowledge: { ...knowledge, vector_store: store } } },
      })
  if (has(parts, 'analytics')) {
    const capacity = stream.capacity === 'shards' ? 'on-demand' : 'shards'
    changes.push({
      name: capacity === 'shards' ? 'Kinesis by the shard' : 'Kinesis on demand',
      what: capacity === 'shards' ? 'As many shards as a steady load needs.' : 'The stream grows with its load.',
      gives_up:
        capacity === 'shards'
          ? 'Shards have to be added before a load that grows.'
          : 'An hour of it costs more than one of a shard.',
      changed: { profile: { ...profile, stream: { ...stream, capacity } } },
    })
  }
  if (has(parts, 'multi-tenant') && tenants.isolation === 'silo')
    changes.push({
      name: 'pooled key',
      what: 'One key of KMS for all tenants, under which each has data keys of its own.',
      gives_up: 'No tenant has a key that can be disabled or destroyed for it alone.',
      changed: { profile: { ...profile, tenants: { ...tenants, isolation: 'pool' } } },
    })
  return changes
}
