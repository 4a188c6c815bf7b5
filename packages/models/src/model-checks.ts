/** Which models can be the configured ones. @module */
import { InvalidInputError, type ModelEntry, PlinthError } from '@plinth/core'
import {
  bedrockName,
  extractiveId,
  findEmbeddingModel,
  findLanguageModel,
  findRerankingModel,
  hashingId,
  isBedrock,
  scriptedId,
  sentenceEncoderId,
} from './catalogue.ts'
import { isOpenAICompatible } from './openai-compatible.ts'

/**
 * Checks that a model can be the configured one.
 * @param field what to name in the error.
 * @throws InvalidInputError that says which values work.
 */
export function checkDefaultModel(model: string, field: string): void {
  check(model, field, [extractiveId], findLanguageModel)
}

/** The same for the model that embeds. */
export function checkDefaultEmbeddingModel(model: string, field: string): void {
  check(model, field, [sentenceEncoderId, hashingId], findEmbeddingModel)
}

/** The same for the model that reranks: one of Bedrock, by its bare id, of which its ARN is made, or of a server. */
export function checkRerankModel(model: string, field: string): void {
  if (isOpenAICompatible(model)) return
  if (!isBedrock(model)) {
    const message = `There is no such model: ${field} must be bedrock/<model id> or openai-compatible/<model>, or not set.`
    throw new InvalidInputError(message, { field })
  }
  const { id } = findBedrock(model, field, findRerankingModel)
  if (id !== bedrockName(model)) throw new InvalidInputError(`${field} must be the id without prefix: bedrock/${id}.`, { field })
}

function check(model: string, field: string, local: readonly string[], find: (id: string) => ModelEntry): void {
  if (local.includes(model) || model === scriptedId || isOpenAICompatible(model)) return
  if (isBedrock(model)) {
    findBedrock(model, field, find)
    return
  }
  const forms = `${local.join(', ')}, ${scriptedId}, bedrock/<model id> or openai-compatible/<model>`
  throw new InvalidInputError(`There is no such model: ${field} must be ${forms}.`, { field })
}

function findBedrock(model: string, field: string, find: (id: string) => ModelEntry): ModelEntry {
  try {
    return find(model)
  } catch (cause) {
    // Without a price nobody's budget would hold.
    const reason = PlinthError.is(cause) ? cause.message : ''
    throw new InvalidInputError(`${field} is no model that Bedrock can serve here. ${reason}`, { field, cause })
  }
}

/** What is thrown when the provider of a model has no settings. */
export function lacking(model: string, option: string): InvalidInputError {
  return new InvalidInputError(`The model ${model} needs the option ${option}.`, { field: option })
}
