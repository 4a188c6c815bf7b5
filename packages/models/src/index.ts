/**
 * The models of a Plinth: which exist and what they cost, those that need nothing but this process, and those of providers.
 * @module
 */
export { type AwsCredentials, chainedCredentials } from './aws-credentials.ts'
export type { BedrockOptions } from './bedrock.ts'
export {
  catalogue,
  extractiveId,
  findEmbeddingModel,
  findLanguageModel,
  findModel,
  findRerankingModel,
  hashingId,
  normaliseModelId,
  scriptedId,
  sentenceEncoderId,
} from './catalogue.ts'
export { createModels, type ModelsOptions } from './create-models.ts'
export { createExtractiveModel, extractiveNote } from './extractive.ts'
export { createHashingEmbedder } from './hashing.ts'
export { modelLimits } from './model-limits.ts'
export { modelOptions } from './model-options.ts'
export type { OpenAICompatibleOptions } from './openai-compatible.ts'
export { createScriptedModel, failMarker, type ScriptedOptions } from './scripted.ts'
export { createScriptedEmbedder } from './scripted-embedding.ts'
export { createSentenceEncoder, type SentenceEncoder, type SentenceEncoderOptions } from './sentence-encoder.ts'
export { countTokens } from './tokens.ts'
