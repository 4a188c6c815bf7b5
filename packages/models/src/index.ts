/**
 * The models of a Plinth: which exist and what they cost, and the two that need nothing but this process.
 * @module
 */
export { rerankQueryPrice } from './bedrock-models.ts'
export { catalogue, extractiveId, findLanguageModel, findModel, normaliseModelId, scriptedId } from './catalogue.ts'
export { checkDefaultModel, createModels, type ModelsOptions } from './create-models.ts'
export { createExtractiveModel, extractiveNote } from './extractive.ts'
export { modelOptions } from './model-options.ts'
export { createScriptedModel, failMarker, type ScriptedOptions } from './scripted.ts'
export { countTokens } from './tokens.ts'
