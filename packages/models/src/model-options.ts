/** Reading the models' settings from the environment. @module */
import { InvalidInputError } from '@plinth/core'
import { hashingId, isBedrock } from './catalogue.ts'
import type { ModelsOptions } from './create-models.ts'
import { checkDefaultEmbeddingModel, checkDefaultModel, checkRerankModel } from './model-checks.ts'
import { isOpenAICompatible } from './openai-compatible.ts'
import { bedrockOptions, openAICompatibleOptions } from './provider-options.ts'

/**
 * Reads `PLINTH_MODEL`, `PLINTH_EMBEDDING_MODEL`, `PLINTH_RERANK_MODEL`, `PLINTH_SCRIPTED_LATENCY_MS` (milliseconds, 0 to 3,600,000),
 * `PLINTH_SCRIPTED_FAILURE_RATE` (a share, 0 to 1), and the settings of the providers that the models name: only those are configured,
 * whatever else is set.
 * A variable that is absent or empty is not set. Where `PLINTH_PLATFORM` is `aws`, `local/hashing` embeds then: a function's bundle has no
 * weights, and all that share the data have to embed by one model.
 * @throws InvalidInputError whose field is the variable, for a value that can't be right.
 */
export function modelOptions(environment: Readonly<Record<string, string | undefined>>): Omit<ModelsOptions, 'clock'> {
  const model = environment.PLINTH_MODEL || undefined
  if (model !== undefined) checkDefaultModel(model, 'PLINTH_MODEL')
  const embeddingModel = environment.PLINTH_EMBEDDING_MODEL || (environment.PLINTH_PLATFORM === 'aws' ? hashingId : undefined)
  if (embeddingModel !== undefined) checkDefaultEmbeddingModel(embeddingModel, 'PLINTH_EMBEDDING_MODEL')
  const rerankModel = environment.PLINTH_RERANK_MODEL || undefined
  if (rerankModel !== undefined) checkRerankModel(rerankModel, 'PLINTH_RERANK_MODEL')
  const named = [model, embeddingModel, rerankModel].filter((each) => each !== undefined)
  const latencyMs = readNumber(environment, 'PLINTH_SCRIPTED_LATENCY_MS', 3_600_000)
  const failureRate = readNumber(environment, 'PLINTH_SCRIPTED_FAILURE_RATE', 1)
  return {
    ...(model !== undefined && { model }),
    ...(embeddingModel !== undefined && { embeddingModel }),
    ...(rerankModel !== undefined && { rerankModel }),
    ...(named.some(isOpenAICompatible) && { openAICompatible: openAICompatibleOptions(environment) }),
    ...(named.some(isBedrock) && { bedrock: bedrockOptions(environment) }),
    scripted: { ...(latencyMs !== undefined && { latencyMs }), ...(failureRate !== undefined && { failureRate }) },
  }
}

function readNumber(environment: Readonly<Record<string, string | undefined>>, name: string, most: number): number | undefined {
  const text = environment[name] || undefined
  if (text === undefined) return undefined
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= most) return value
  throw new InvalidInputError(`${name} must be a number from 0 to ${most}.`, { field: name })
}
