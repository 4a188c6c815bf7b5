/** What the embedding models of Bedrock are asked for, each family in words of its own. @module */
import type { EmbeddingModelV4CallOptions } from '@ai-sdk/provider'
import type { EmbeddingPurpose, ModelEntry } from '@plinth/core'

type Purposes = Readonly<Record<EmbeddingPurpose, string>>

interface Family {
  /** How many texts one request may hold. */
  readonly mostTexts: number
  /** What the package calls the length of vectors. */
  readonly dimensions?: string
  /** What it calls the purpose, and its words for each. */
  readonly purpose?: readonly [name: string, words: Purposes]
}

const cohere: Purposes = {
  document: 'search_document',
  query: 'search_query',
  classification: 'classification',
  clustering: 'clustering',
}
const nova: Purposes = {
  document: 'GENERIC_INDEX',
  query: 'TEXT_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
}

const families: Readonly<Record<string, Family>> = {
  'amazon.titan-embed': { mostTexts: 1, dimensions: 'dimensions' },
  'amazon.nova': { mostTexts: 1, dimensions: 'embeddingDimension', purpose: ['embeddingPurpose', nova] },
  'cohere.embed': { mostTexts: 96, purpose: ['inputType', cohere] },
}

/** How many texts one request to a model may hold. */
export function mostTexts({ family }: ModelEntry): number {
  return families[family]?.mostTexts ?? 1
}

/** The options with length and purpose put where the package looks for them. What a model has no choice of isn't sent: some refuse it. */
export function adaptEmbedding(options: EmbeddingModelV4CallOptions, entry: ModelEntry): EmbeddingModelV4CallOptions {
  const { dimensions, providerOptions = {}, ...others } = options
  const { dimensions: dimensionsName, purpose: [purposeName, words] = [] } = families[entry.family] ?? {}
  const { allowed } = entry.dimensions ?? {}
  const hasChoice = Array.isArray(allowed) && allowed.length > 1
  const word = words?.[providerOptions.plinth?.purpose as EmbeddingPurpose]
  const amazonBedrock = {
    ...providerOptions.bedrock,
    ...providerOptions.amazonBedrock,
    ...(dimensionsName !== undefined && dimensions !== undefined && hasChoice && { [dimensionsName]: dimensions }),
    ...(purposeName !== undefined && word !== undefined && { [purposeName]: word }),
  }
  return { ...others, providerOptions: { ...providerOptions, amazonBedrock } }
}
