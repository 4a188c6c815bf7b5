/** The composition root's way to models: one configured model, and the catalogue in front of it. @module */
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { Clock, ModelEntry, Models, ResolvedModel } from '@plinth/core'
import { type BedrockOptions, createBedrockModels } from './bedrock.ts'
import { bedrockName, bedrockResource, catalogue, extractiveId, findLanguageModel, isBedrock, scriptedId } from './catalogue.ts'
import { createEmbeddingModels } from './create-embedding-models.ts'
import { createRerankingModel } from './create-reranking-model.ts'
import { createExtractiveModel } from './extractive.ts'
import { checkDefaultModel, lacking } from './model-checks.ts'
import {
  createOpenAICompatibleModel,
  isOpenAICompatible,
  type OpenAICompatibleOptions,
  openAICompatibleEntry,
} from './openai-compatible.ts'
import { rememberSpellings } from './remember-spellings.ts'
import { createScriptedModel, type ScriptedOptions } from './scripted.ts'

/** What {@link createModels} takes; `modelOptions` reads it, but for the clock, from the environment. */
export interface ModelsOptions {
  /** The model that a request without one gets, and that stands in for those of providers not configured; `local/extractive`. */
  readonly model?: string
  /** The same for embeddings; `local/sentence-encoder`, for which `local/hashing` stands in for others. */
  readonly embeddingModel?: string
  /** What reranks what retrieval finds: `bedrock/…` or `openai-compatible/…`; none when left out. */
  readonly rerankModel?: string
  /** How `scripted` behaves. */
  readonly scripted?: Omit<ScriptedOptions, 'clock'>
  /** The server of `openai-compatible/…` models. */
  readonly openAICompatible?: OpenAICompatibleOptions
  /** With it Bedrock serves the ids of the catalogue that are its own, whichever model is the configured one. */
  readonly bedrock?: BedrockOptions
  readonly clock: Clock
}

/**
 * The models of one Plinth. Those whose id begins with `local/`, `scripted` and the configured models answer for themselves, and so do
 * all models of Bedrock where it is configured; every other one of the catalogue is served by the configured model of its kind.
 * @throws InvalidInputError whose field is `model`, `embeddingModel` or `rerankModel` for one that can't be the configured one, or the option that the model lacks.
 */
export function createModels(options: ModelsOptions): Models {
  const { model = extractiveId, scripted, clock } = options
  checkDefaultModel(model, 'model')
  const bedrock = options.bedrock && createBedrockModels(options.bedrock)
  const { guardrail } = options.bedrock ?? {}
  const guardedBy = guardrail && `${guardrail.identifier}:${guardrail.version}`
  if (isBedrock(model) && !bedrock) throw lacking(model, 'bedrock')
  const own = new Map<string, LanguageModelV4>([
    [extractiveId, createExtractiveModel()],
    [scriptedId, createScriptedModel({ ...scripted, clock })],
  ])
  const compatible = isOpenAICompatible(model) ? openAICompatibleEntry(model) : undefined
  if (compatible) {
    if (!options.openAICompatible) throw lacking(model, 'openAICompatible')
    own.set(model, createOpenAICompatibleModel(model, options.openAICompatible))
  }
  const { more, ...embedding } = createEmbeddingModels(options, bedrock)
  const reranking = createRerankingModel(options, bedrock)
  const added = [
    ...(compatible ? [compatible] : []),
    ...more,
    ...(reranking && isOpenAICompatible(reranking.id) ? [reranking.entry] : []),
  ]
  const entries = added.length > 0 ? [...added, ...catalogue] : catalogue

  const join = (id: string): ResolvedModel => {
    const entry: ModelEntry = id === compatible?.id ? compatible : findLanguageModel(id)
    if (bedrock && entry.provider === 'bedrock') {
      const language = bedrock.language(bedrockName(id), entry)
      return { id, entry, servedBy: bedrockResource(id), incremental: true, model: language, ...(guardedBy && { guardedBy }) }
    }
    const servedBy = own.has(entry.id) ? entry.id : model
    const serving = own.get(servedBy)
    if (!serving) throw new Error(`Nothing serves ${entry.id}.`)
    return { id: entry.id, entry, servedBy, incremental: servedBy === compatible?.id, model: serving }
  }
  const find = rememberSpellings(join)
  return {
    defaultModel: model,
    resolve: (id = model) => find(id),
    ...embedding,
    resolveReranking: () => reranking,
    entries: () => entries,
  }
}
