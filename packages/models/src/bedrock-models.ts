/**
 * The Bedrock models of the price table. Ids, limits and flags were read on {@link gathered} from the model cards of the
 * Amazon Bedrock user guide, models.dev (`providers/amazon-bedrock`) and litellm (`model_prices_and_context_window.json`).
 *
 * Lifecycle: `retired` once the maker or Bedrock has stopped serving it, `legacy` once an end is announced, else `active`.
 * The date is the maker's own (for Claude: platform.claude.com, model deprecations); Bedrock's end may come later and is noted
 * beside it. Cohere's, and the lengths of vectors (AWS's user guide, model parameters), were read later: {@link gatheredLater}.
 * `structuredOutput` is true only where Bedrock was seen to enforce a schema; a tool call works everywhere. The successor is what the
 * maker recommends (the same page, read on {@link gatheredLater}), where it is of this table.
 *
 * `cachedFrom`: from how many tokens on the front of a prompt is cached (Amazon Bedrock user guide, prompt caching; platform.claude.com,
 * prompt caching; litellm, `prompt_cache_min_tokens`; the largest where they differ). It is left out where sources don't agree that a
 * cache point is taken: Nova 2 Lite's model card says so, zeroclaw-labs/zeroclaw#8720 saw it refused.
 * @module
 */
import type { ModelEntry, ModelPrice } from '@plinth/core'

/** The day on which prices and dates were gathered. */
export const gathered = '2026-11-22'
/** Likewise, for what came later. */
const gatheredLater = '2026-11-26'

type Capabilities = ModelEntry['capabilities']
type Lifecycle = ModelEntry['lifecycle']

const modelsDev = 'models.dev, providers/amazon-bedrock, us-east-1 list price'
const litellm = 'litellm, model_prices_and_context_window.json, us-east-1 list price'

interface Row {
  readonly id: string
  readonly context: number
  readonly maxOutput: number
  /** USD per million tokens: input, output. */
  readonly price: readonly [number, number]
  /** USD per query. */
  readonly query?: number
  readonly source: string
  /** When that isn't {@link gathered}. */
  readonly date?: string
  readonly cachedFrom?: number
  readonly dimensions?: NonNullable<ModelEntry['dimensions']>
  readonly can?: Partial<Capabilities>
  readonly lifecycle?: Lifecycle
}

const chat: Capabilities = { tools: true, images: true, structuredOutput: false, streaming: true, sampling: true }
const none: Capabilities = { tools: false, images: false, structuredOutput: false, streaming: false, sampling: false }

/**
 * What tokens cost that the prompt cache has a part in, by family, as shares of the input's price (litellm, models.dev): Claude's are
 * written for five minutes; no source has a price for what Nova writes, which is the whole input's then.
 */
const cachedOf: Readonly<Record<string, NonNullable<ModelPrice['cached']>>> = {
  'anthropic.claude': { read: 0.1, write: 1.25 },
  'amazon.nova': { read: 0.25, write: 1 },
}

function entries(kind: ModelEntry['kind'], family: string, rows: readonly Row[]): readonly ModelEntry[] {
  const base = kind === 'language' ? chat : none
  const cached = kind === 'language' ? cachedOf[family] : undefined
  return rows.map(({ price: [input, output], query, source, date = gathered, cachedFrom, can, lifecycle, ...row }) => ({
    ...row,
    kind,
    family,
    provider: 'bedrock',
    capabilities: { ...base, ...can },
    lifecycle: lifecycle ?? { status: 'active' },
    ...(cachedFrom !== undefined && { promptCache: { leastTokens: cachedFrom } }),
    price: { input, output, ...(query !== undefined && { query }), ...(cached && { cached }), date, source },
  }))
}

const million = 1_000_000
const schema = { structuredOutput: true }
// From Opus 4.7 on, Claude answers temperature, topP and topK with an error.
const fixedSampling = { sampling: false }
const textOnly = { images: false }

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const sonnet = 'anthropic.claude-sonnet-4-6'

const claude = entries('language', 'anthropic.claude', [
  {
    id: 'anthropic.claude-3-haiku-20240307-v1:0',
    context: 200_000,
    maxOutput: 4096,
    price: [0.25, 1.25],
    source: litellm,
    lifecycle: { status: 'retired', retired: '2026-04-20', successor: haiku }, // on Bedrock 2026-09-10
  },
  {
    id: 'anthropic.claude-3-5-haiku-20241022-v1:0',
    context: 200_000,
    maxOutput: 8192,
    price: [0.8, 4],
    cachedFrom: 2048,
    source: litellm,
    can: textOnly,
    lifecycle: { status: 'retired', retired: '2026-02-19', successor: haiku }, // on Bedrock 2026-06-19
  },
  {
    id: 'anthropic.claude-3-5-sonnet-20241022-v2:0',
    context: 200_000,
    maxOutput: 8192,
    price: [3, 15],
    source: litellm,
    lifecycle: { status: 'retired', retired: '2025-10-28', successor: sonnet },
  },
  {
    id: haiku,
    context: 200_000,
    maxOutput: 64_000,
    price: [1, 5],
    cachedFrom: 4096,
    source: modelsDev,
    can: schema,
  },
  {
    id: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    context: 200_000,
    maxOutput: 64_000,
    price: [3, 15],
    cachedFrom: 1024,
    source: modelsDev,
    can: schema,
    lifecycle: { status: 'legacy', retired: '2026-11-30' }, // for Sonnet 5.5, which isn't here
  },
  { id: sonnet, context: million, maxOutput: 128_000, price: [3, 15], cachedFrom: 2048, source: modelsDev, can: schema },
  {
    id: 'anthropic.claude-sonnet-5',
    context: million,
    maxOutput: 128_000,
    price: [2, 10],
    cachedFrom: 1024,
    source: modelsDev,
    can: fixedSampling,
  },
  {
    id: 'anthropic.claude-opus-4-5-20251101-v1:0',
    context: 200_000,
    maxOutput: 64_000,
    price: [5, 25],
    cachedFrom: 4096,
    source: modelsDev,
    can: schema,
  },
  {
    id: 'anthropic.claude-opus-4-6-v1',
    context: million,
    maxOutput: 128_000,
    price: [5, 25],
    cachedFrom: 4096,
    source: modelsDev,
    can: schema,
  },
  {
    id: 'anthropic.claude-opus-4-7',
    context: million,
    maxOutput: 128_000,
    price: [5, 25],
    cachedFrom: 2048,
    source: modelsDev,
    can: fixedSampling,
  },
  {
    id: 'anthropic.claude-opus-4-8',
    context: million,
    maxOutput: 128_000,
    price: [5, 25],
    cachedFrom: 1024,
    source: modelsDev,
    can: fixedSampling,
  },
  {
    id: 'anthropic.claude-opus-5',
    context: million,
    maxOutput: 128_000,
    price: [5, 25],
    cachedFrom: 512,
    source: modelsDev,
    can: fixedSampling,
  },
  {
    id: 'anthropic.claude-fable-5',
    context: million,
    maxOutput: 128_000,
    price: [10, 50],
    cachedFrom: 512,
    source: modelsDev,
    can: fixedSampling,
  },
])

const nova = entries('language', 'amazon.nova', [
  {
    id: 'amazon.nova-micro-v1:0',
    context: 128_000,
    maxOutput: 5000,
    price: [0.035, 0.14],
    cachedFrom: 1000,
    source: modelsDev,
    can: textOnly,
  },
  { id: 'amazon.nova-lite-v1:0', context: 300_000, maxOutput: 5000, price: [0.06, 0.24], cachedFrom: 1000, source: modelsDev },
  { id: 'amazon.nova-pro-v1:0', context: 300_000, maxOutput: 5000, price: [0.8, 3.2], cachedFrom: 1000, source: modelsDev },
  // Geographic profiles cost 10% more (0.33 / 2.75).
  { id: 'amazon.nova-2-lite-v1:0', context: million, maxOutput: 65_535, price: [0.3, 2.5], source: litellm },
])

const llama = entries('language', 'meta.llama', [
  // The sources give 4,096 to 8,192 tokens of output; the smaller is safe with all of them.
  {
    id: 'meta.llama3-3-70b-instruct-v1:0',
    context: 128_000,
    maxOutput: 4096,
    price: [0.72, 0.72],
    source: modelsDev,
    can: textOnly,
  },
])

const gptOss = entries('language', 'openai.gpt-oss', [
  { id: 'openai.gpt-oss-120b-1:0', context: 128_000, maxOutput: 16_384, price: [0.15, 0.6], source: modelsDev, can: textOnly },
  { id: 'openai.gpt-oss-20b-1:0', context: 128_000, maxOutput: 16_384, price: [0.07, 0.3], source: modelsDev, can: textOnly },
])

const titanEmbeddings = entries('embedding', 'amazon.titan-embed', [
  {
    id: 'amazon.titan-embed-text-v1',
    context: 8192,
    maxOutput: 0,
    price: [0.1, 0],
    source: litellm,
    dimensions: { usual: 1536, allowed: [1536] },
  },
  {
    id: 'amazon.titan-embed-text-v2:0',
    context: 8192,
    maxOutput: 0,
    price: [0.02, 0],
    source: litellm,
    dimensions: { usual: 1024, allowed: [256, 512, 1024] },
  },
])

const novaEmbeddings = entries('embedding', 'amazon.nova', [
  {
    id: 'amazon.nova-2-multimodal-embeddings-v1:0',
    context: 8192,
    maxOutput: 0,
    price: [0.135, 0],
    source: litellm,
    can: { images: true },
    // Bedrock's own is 3072; the package asks for 1024.
    dimensions: { usual: 1024, allowed: [256, 384, 1024, 3072] },
  },
])

const cohereEmbeddings = entries(
  'embedding',
  'cohere.embed',
  ['cohere.embed-english-v3', 'cohere.embed-multilingual-v3'].map((id) => ({
    id,
    context: 512,
    maxOutput: 0,
    price: [0.1, 0],
    source: litellm,
    date: gatheredLater,
    can: { images: true },
    dimensions: { usual: 1024, allowed: [1024] },
  })),
)

// Billed by query: up to 100 passages of up to 512 tokens, the question's among them, are one.
const rerank = [
  ...entries('rerank', 'amazon.rerank', [
    {
      id: 'amazon.rerank-v1:0',
      context: 32_000,
      maxOutput: 0,
      price: [0, 0],
      query: 0.001,
      source: 'litellm: billed at USD 0.001 per query, not by token',
    },
  ]),
  ...entries('rerank', 'cohere.rerank', [
    {
      id: 'cohere.rerank-v3-5:0',
      context: 4_096,
      maxOutput: 0,
      price: [0, 0],
      query: 0.002,
      source: 'litellm: billed at USD 0.002 per query, not by token',
      date: gatheredLater,
    },
  ]),
]

/** All of them, in the order of the price table. */
export const bedrockModels: readonly ModelEntry[] = [
  ...nova,
  ...claude,
  ...llama,
  ...gptOss,
  ...titanEmbeddings,
  ...novaEmbeddings,
  ...cohereEmbeddings,
  ...rerank,
]
