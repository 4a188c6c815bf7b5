/** The reranking part of {@link createModels}. @module */
import type { ResolvedReranking } from '@plinth/core'
import type { BedrockModels } from './bedrock.ts'
import { findRerankingModel, isBedrock } from './catalogue.ts'
import type { ModelsOptions } from './create-models.ts'
import { checkRerankModel, lacking } from './model-checks.ts'
import { createOpenAICompatibleReranker, openAICompatibleRerankingEntry } from './openai-compatible.ts'

/**
 * The model that reranks; undefined where none is configured: nothing stands in for one.
 * @throws InvalidInputError whose field is `rerankModel` for one that can't be the configured one, or the option that it lacks.
 */
export function createRerankingModel(options: ModelsOptions, bedrock: BedrockModels | undefined): ResolvedReranking | undefined {
  const { rerankModel: id, openAICompatible } = options
  if (id === undefined) return undefined
  checkRerankModel(id, 'rerankModel')
  if (isBedrock(id)) {
    if (!bedrock) throw lacking(id, 'bedrock')
    const entry = findRerankingModel(id)
    return { id: entry.id, entry, servedBy: entry.id, model: bedrock.reranking(entry.id) }
  }
  if (!openAICompatible) throw lacking(id, 'openAICompatible')
  const entry = openAICompatibleRerankingEntry(id)
  return { id, entry, servedBy: id, model: createOpenAICompatibleReranker(id, openAICompatible) }
}
