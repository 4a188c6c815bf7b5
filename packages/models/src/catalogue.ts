/** Which models exist, and what the many spellings of their ids stand for. @module */
import { InvalidInputError, type ModelEntry } from '@plinth/core'
import { bedrockModels, gathered } from './bedrock-models.ts'

/** The id of the model that answers by quoting: no network, no account, no weights. */
export const extractiveId = 'local/extractive'
/** The id of the embedder that counts words: no network, no account, no weights. */
export const hashingId = 'local/hashing'
/** The id of the small English model that runs on this machine: no network, no account, its weights in a package. */
export const sentenceEncoderId = 'local/sentence-encoder'
/** The id of the models for tests and load: one that writes, and one that makes vectors. */
export const scriptedId = 'scripted'

/** The most tokens that the models of this process write. */
export const inProcessMaxOutput = 8192
/** The most texts in one call of the embedders of this process: as many as OpenAI takes, so that nobody needs more. */
export const inProcessMostTexts = 2048

const inProcess = {
  context: 4_000_000,
  lifecycle: { status: 'active' },
  price: { input: 0, output: 0, date: gathered, source: 'runs in this process' },
} as const
const language = {
  ...inProcess,
  kind: 'language',
  maxOutput: inProcessMaxOutput,
  capabilities: { tools: false, images: false, structuredOutput: true, streaming: true, sampling: false },
} as const
const embedding = {
  ...inProcess,
  kind: 'embedding',
  maxOutput: 0,
  capabilities: { tools: false, images: false, structuredOutput: false, streaming: false, sampling: false },
} as const

/** From what still tells texts apart to more than any model of the price table gives, so that each can be stood in for. */
const inProcessDimensions = { least: 64, most: 4096 } as const

type EmbedderEntry = ModelEntry & Required<Pick<ModelEntry, 'dimensions'>>

/** The embedders of this process, in the catalogue. */
export const hashingEntry: EmbedderEntry = {
  ...{ id: hashingId, family: 'local', provider: 'local', ...embedding },
  dimensions: { usual: 512, allowed: inProcessDimensions },
}
/** Universal Sentence Encoder lite, a small English model that runs on this machine. It reads 128 pieces of words, and passes over the rest. */
export const sentenceEncoderEntry: EmbedderEntry = {
  ...{ id: sentenceEncoderId, family: 'local', provider: 'local', ...embedding, context: 128 },
  dimensions: { usual: 512, allowed: [512] },
}
export const scriptedEmbeddingEntry: EmbedderEntry = {
  ...{ id: scriptedId, family: 'scripted', provider: 'scripted', ...embedding },
  dimensions: { usual: 64, allowed: inProcessDimensions },
}

/** Every model that can be asked for by name: those of the price table and those that run in this process. An id names one of a kind. */
export const catalogue: readonly ModelEntry[] = [
  { id: extractiveId, family: 'local', provider: 'local', ...language },
  { id: scriptedId, family: 'scripted', provider: 'scripted', ...language },
  sentenceEncoderEntry,
  hashingEntry,
  scriptedEmbeddingEntry,
  ...bedrockModels,
]

const embeddings = new Map(catalogue.filter(({ kind }) => kind === 'embedding').map((entry) => [entry.id, entry]))
const byId: ReadonlyMap<string, ModelEntry> = new Map([
  ...embeddings,
  ...catalogue.filter(({ kind }) => kind !== 'embedding').map((entry) => [entry.id, entry] as const),
])

const arn = /^arn:aws(?:-[a-z]+)*:bedrock:[a-z0-9-]*:(?:\d{12})?:(?:foundation-model|inference-profile)\/(.+)$/
// Cross-Region inference profiles; the first six by geography, `us-gov` for GovCloud, `global` for all.
const profile = /^(?:us|eu|apac|jp|au|ca|us-gov|global)\./

/**
 * The bare id: without the ARN around it, the profile prefix (`us.`, `eu.`, `apac.`, `global.`, …) or the provider (`bedrock/`).
 * What is none of these comes back as it is; whether it exists is for {@link findModel} to say.
 */
export function normaliseModelId(id: string): string {
  if (byId.has(id)) return id
  const bare = bedrockResource(id).replace(profile, '')
  // Only Bedrock knows prefixes and ARNs: `us.scripted` is not another name of `scripted`.
  return byId.get(bare)?.provider === 'bedrock' ? bare : id
}

const bedrockPrefix = 'bedrock/'

/** Whether this is the id of a model of Bedrock as `PLINTH_MODEL` takes it, in the catalogue or not. */
export function isBedrock(model: string): boolean {
  return model.startsWith(bedrockPrefix)
}

/** What Bedrock is sent: the id as it is written, without the provider. Its prefix or ARN decides who answers, and where. */
export function bedrockName(id: string): string {
  return isBedrock(id) ? id.slice(bedrockPrefix.length) : id
}

/** The model or inference profile that an id names: `eu.anthropic.…` for its ARN too. Where it runs and its price hang on it. */
export function bedrockResource(id: string): string {
  const name = bedrockName(id)
  return arn.exec(name)?.[1] ?? name
}

/**
 * The catalogue's entry for an id in any of its spellings; of `scripted` the one that writes text.
 * @throws InvalidInputError with code `model_unknown` and field `model_id` when there is none.
 */
export function findModel(id: string): ModelEntry {
  const entry = byId.get(normaliseModelId(id))
  if (entry === undefined) throw unknownModel('The catalogue has no model of that id.')
  return entry
}

/**
 * The same, for a model that writes text.
 * @throws InvalidInputError with code `model_unknown` and field `model_id`, also for embedding and rerank models.
 */
export function findLanguageModel(id: string): ModelEntry {
  const entry = findModel(id)
  if (entry.kind !== 'language') throw unknownModel(`The model ${entry.id} is not a language model; it is for ${entry.kind}.`)
  return entry
}

/**
 * The same, for a model that makes vectors of texts.
 * @throws InvalidInputError with code `model_unknown` and field `model_id`, also for language and rerank models.
 */
export function findEmbeddingModel(id: string): ModelEntry {
  const entry = embeddings.get(normaliseModelId(id))
  if (entry !== undefined) return entry
  const other = findModel(id)
  throw unknownModel(`The model ${other.id} is not an embedding model; it is for ${other.kind}.`)
}

/**
 * The same, for a model that puts passages in order.
 * @throws InvalidInputError with code `model_unknown` and field `model_id`, also for language and embedding models.
 */
export function findRerankingModel(id: string): ModelEntry {
  const entry = findModel(id)
  if (entry.kind !== 'rerank') throw unknownModel(`The model ${entry.id} is not for rerank; it is for ${entry.kind}.`)
  return entry
}

function unknownModel(message: string): InvalidInputError {
  return new InvalidInputError(message, { code: 'model_unknown', field: 'model_id' })
}
