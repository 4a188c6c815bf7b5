/** The composition root's way to models: one configured model, and the catalogue in front of it. @module */
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { type Clock, InvalidInputError, type ModelEntry, type Models, PlinthError, type ResolvedModel } from '@plinth/core'
import { type BedrockOptions, createBedrockModels } from './bedrock.ts'
import { bedrockName, bedrockResource, catalogue, extractiveId, findLanguageModel, scriptedId } from './catalogue.ts'
import { createExtractiveModel } from './extractive.ts'
import {
  createOpenAICompatibleModel,
  isOpenAICompatible,
  type OpenAICompatibleOptions,
  openAICompatibleEntry,
} from './openai-compatible.ts'
import { createScriptedModel, type ScriptedOptions } from './scripted.ts'

/** What {@link createModels} takes; `modelOptions` reads it, but for the clock, from the environment. */
export interface ModelsOptions {
  /** The model that a request without one gets, and that stands in for those of providers not configured; `local/extractive`. */
  readonly model?: string
  /** How `scripted` behaves. */
  readonly scripted?: Omit<ScriptedOptions, 'clock'>
  /** The server of an `openai-compatible/…` model. */
  readonly openAICompatible?: OpenAICompatibleOptions
  /** With it Bedrock serves the ids of the catalogue that are its own, whichever model is the configured one. */
  readonly bedrock?: BedrockOptions
  readonly clock: Clock
}

/** So many spellings of ids are remembered. Callers choose the account in an ARN, so there is no end of them. */
const spellings = 1_000

/**
 * The models of one Plinth. `local/extractive`, `scripted` and the configured model answer for themselves, and so do all language
 * models of Bedrock where it is configured; every other one of the catalogue is served by the configured model.
 * @throws InvalidInputError whose field is `model` for one that can't be the configured one, or the option that the model lacks.
 */
export function createModels(options: ModelsOptions): Models {
  const { model = extractiveId, scripted, clock } = options
  checkDefaultModel(model, 'model')
  const bedrock = options.bedrock && createBedrockModels(options.bedrock)
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
  const entries = compatible ? [compatible, ...catalogue] : catalogue

  const join = (id: string): ResolvedModel => {
    const entry: ModelEntry = id === compatible?.id ? compatible : findLanguageModel(id)
    if (bedrock && entry.provider === 'bedrock')
      return { id, entry, servedBy: bedrockResource(id), incremental: true, model: bedrock(bedrockName(id), entry) }
    const servedBy = own.has(entry.id) ? entry.id : model
    const serving = own.get(servedBy)
    if (!serving) throw new Error(`Nothing serves ${entry.id}.`)
    return { id: entry.id, entry, servedBy, incremental: servedBy === compatible?.id, model: serving }
  }
  const known = new Map<string, ResolvedModel>()
  const resolve = (id: string = model): ResolvedModel => {
    const found = known.get(id)
    if (found) return found
    const joined = join(id)
    const [oldest] = known.keys()
    if (known.size >= spellings && oldest !== undefined) known.delete(oldest)
    known.set(id, joined)
    return joined
  }
  return { defaultModel: model, resolve, entries: () => entries }
}

/** Whether this is the id of a model of Bedrock as `PLINTH_MODEL` takes it, in the catalogue or not. */
export function isBedrock(model: string): boolean {
  return model.startsWith('bedrock/')
}

/**
 * Checks that a model can be the configured one.
 * @param field what to name in the error.
 * @throws InvalidInputError that says which values work.
 */
export function checkDefaultModel(model: string, field: string): void {
  if (model === extractiveId || model === scriptedId || isOpenAICompatible(model)) return
  if (isBedrock(model)) {
    try {
      findLanguageModel(model)
    } catch (cause) {
      // Without a price nobody's budget would hold.
      const reason = PlinthError.is(cause) ? cause.message : ''
      throw new InvalidInputError(`${field} is no model that Bedrock can serve here. ${reason}`, { field, cause })
    }
    return
  }
  const forms = `${extractiveId}, ${scriptedId}, bedrock/<model id> or openai-compatible/<model>`
  throw new InvalidInputError(`There is no such model: ${field} must be ${forms}.`, { field })
}

function lacking(model: string, option: keyof ModelsOptions): InvalidInputError {
  return new InvalidInputError(`The model ${model} needs the option ${option}.`, { field: option })
}
