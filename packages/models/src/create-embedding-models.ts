/** The embedding half of {@link createModels}. @module */
import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { allowsDimensions, type ModelEntry, type Models, type ResolvedEmbedding } from '@plinth/core'
import type { BedrockModels } from './bedrock.ts'
import {
  bedrockName,
  bedrockResource,
  findEmbeddingModel,
  hashingEntry,
  hashingId,
  isBedrock,
  scriptedEmbeddingEntry,
  scriptedId,
  sentenceEncoderEntry,
  sentenceEncoderId,
} from './catalogue.ts'
import type { ModelsOptions } from './create-models.ts'
import { createHashingEmbedder } from './hashing.ts'
import { checkDefaultEmbeddingModel, lacking } from './model-checks.ts'
import { createOpenAICompatibleEmbedder, isOpenAICompatible, openAICompatibleEmbeddingEntry } from './openai-compatible.ts'
import { rememberSpellings } from './remember-spellings.ts'
import { createScriptedEmbedder } from './scripted-embedding.ts'
import { createSentenceEncoder } from './sentence-encoder.ts'

/** What serves, with its own entry. */
interface Server {
  readonly entry: ModelEntry
  readonly model: EmbeddingModelV4
}

/** Nobody knows what a server's own model can do: what isn't known is asked for, and the server decides. */
const anyDimensions = { least: 1, most: 65_536 } as const

interface EmbeddingModels extends Pick<Models, 'defaultEmbeddingModel' | 'resolveEmbedding'> {
  /** Those that the catalogue doesn't have. */
  readonly more: readonly ModelEntry[]
}

/**
 * The embedding models of one Plinth, by the same rules as those that write.
 * @throws InvalidInputError whose field is `embeddingModel` for one that can't be the configured one, or the option that it lacks.
 */
export function createEmbeddingModels(options: ModelsOptions, bedrock: BedrockModels | undefined): EmbeddingModels {
  const { embeddingModel = sentenceEncoderId, scripted, clock, openAICompatible } = options
  checkDefaultEmbeddingModel(embeddingModel, 'embeddingModel')
  if (isBedrock(embeddingModel) && !bedrock) throw lacking(embeddingModel, 'bedrock')
  const own = new Map<string, Server>([
    [sentenceEncoderId, { entry: sentenceEncoderEntry, model: createSentenceEncoder() }],
    [hashingId, { entry: hashingEntry, model: createHashingEmbedder() }],
    [scriptedId, { entry: scriptedEmbeddingEntry, model: createScriptedEmbedder({ ...scripted, clock }) }],
  ])
  // What stands in for others gives vectors as long as theirs, which none of the encoder's are.
  const standIn = embeddingModel === sentenceEncoderId ? hashingId : embeddingModel
  const compatible = isOpenAICompatible(embeddingModel) ? openAICompatibleEmbeddingEntry(embeddingModel) : undefined
  if (compatible) {
    if (!openAICompatible) throw lacking(embeddingModel, 'openAICompatible')
    own.set(embeddingModel, { entry: compatible, model: createOpenAICompatibleEmbedder(embeddingModel, openAICompatible) })
  }

  const join = (id: string): ResolvedEmbedding => {
    const entry = id === compatible?.id ? compatible : findEmbeddingModel(id)
    if (bedrock && entry.provider === 'bedrock')
      return { id, entry, servedBy: bedrockResource(id), model: bedrock.embedding(bedrockName(id), entry), ...lengthsOf(entry) }
    const server = own.get(entry.id) ?? own.get(standIn)
    if (!server) throw new Error(`Nothing serves ${entry.id}.`)
    return { id: entry.id, entry, servedBy: server.entry.id, ...served(entry, server) }
  }
  const find = rememberSpellings(join)
  return {
    defaultEmbeddingModel: embeddingModel,
    resolveEmbedding: (id = embeddingModel) => find(id),
    more: compatible ? [compatible] : [],
  }
}

type Served = Pick<ResolvedEmbedding, 'model' | 'dimensions' | 'allowedDimensions'>

/** One that stands in for another gives vectors as long as the other's, if it can: they have to fit where they are kept. */
function served(entry: ModelEntry, { entry: serving, model }: Server): Served {
  const wanted = lengthsOf(entry)
  const { dimensions } = wanted
  if (entry === serving) return { model, ...wanted }
  if (serving.dimensions === undefined || dimensions === undefined || !allowsDimensions(serving.dimensions.allowed, dimensions))
    return { model, ...lengthsOf(serving) }
  return { model: { ...model, doEmbed: (options) => model.doEmbed({ dimensions, ...options }) }, ...wanted }
}

function lengthsOf({ dimensions }: ModelEntry): Omit<Served, 'model'> {
  return { dimensions: dimensions?.usual, allowedDimensions: dimensions?.allowed ?? anyDimensions }
}
