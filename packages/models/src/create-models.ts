/** The composition root's way to models: one configured model, and the catalogue in front of it. @module */
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { type Clock, InvalidInputError, type ModelEntry, type Models, type ResolvedModel } from '@plinth/core'
import { catalogue, extractiveId, findLanguageModel, scriptedId } from './catalogue.ts'
import { createExtractiveModel } from './extractive.ts'
import { createScriptedModel, type ScriptedOptions } from './scripted.ts'

/** What {@link createModels} takes; `modelOptions` reads it, but for the clock, from the environment. */
export interface ModelsOptions {
  /** The model that a request without one gets, and that stands in for those of providers not configured; `local/extractive`. */
  readonly model?: string
  /** How `scripted` behaves. */
  readonly scripted?: Omit<ScriptedOptions, 'clock'>
  readonly clock: Clock
}

/**
 * The models of one Plinth. `local/extractive` and `scripted` always answer for themselves; every other language model of the catalogue
 * is served by the configured one.
 * @throws InvalidInputError with field `model` for a model that can't be the configured one.
 */
export function createModels({ model = extractiveId, scripted, clock }: ModelsOptions): Models {
  checkDefaultModel(model, 'model')
  const providers: ReadonlyMap<string, LanguageModelV4> = new Map([
    [extractiveId, createExtractiveModel()],
    [scriptedId, createScriptedModel({ ...scripted, clock })],
  ])
  const resolved = new Map<ModelEntry, ResolvedModel>()
  for (const entry of catalogue) {
    const servedBy = providers.has(entry.id) ? entry.id : model
    resolved.set(entry, { entry, servedBy, model: providers.get(servedBy) as LanguageModelV4 })
  }
  return {
    defaultModel: model,
    resolve: (id = model) => resolved.get(findLanguageModel(id)) as ResolvedModel,
    entries: () => catalogue,
  }
}

const later = /^(?:bedrock|openai-compatible)\/./

/**
 * Checks that a model can be the configured one.
 * @param field what to name in the error.
 * @throws InvalidInputError that says which values work.
 */
export function checkDefaultModel(model: string, field: string): void {
  if (model === extractiveId || model === scriptedId) return
  const why = later.test(model)
    ? 'Models of Bedrock and of OpenAI-compatible servers are not served yet'
    : 'There is no such model'
  throw new InvalidInputError(`${why}: ${field} must be ${extractiveId} or ${scriptedId}.`, { field })
}
