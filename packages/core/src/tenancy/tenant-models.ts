import { ForbiddenError, InvalidInputError, PlinthError } from '../errors.ts'
import {
  type ModelEntry,
  type Models,
  type ResolvedEmbedding,
  type ResolvedModel,
  type ResolvedReranking,
  resolveAnyKind,
} from '../language-model/catalogue.ts'
import { checkModelResidency } from './residency.ts'
import type { TenantSettings } from './tenant.ts'

/** What a tenant's settings say of models. */
type Settings = Pick<TenantSettings, 'model_config' | 'data_residency_region' | 'residency'>

/**
 * The models as one tenant has them (get_tenant_model_config of the seed, R99, R113): its own default, only those that it may use, and
 * none that would take its prompts further than they may go. The same goes for texts that vectors are made of.
 */
export function tenantModels(models: Models, settings: Settings): Models {
  const { model_id: defaultModel = models.defaultModel, allowed_models: allowed } = settings.model_config
  const { defaultEmbeddingModel } = models
  const check = (id: string, { entry }: Resolved): void => {
    if (allowed && !allowed.includes(entry.id) && !allowed.some((each) => entryOf(models, each) === entry.id))
      throw new ForbiddenError('model_not_allowed', 'This tenant may not use this model.', { field: 'model_id' })
    checkModelResidency(settings, id)
  }
  const resolve = (id: string = defaultModel): ResolvedModel => {
    const resolved = models.resolve(id)
    check(id, resolved)
    return resolved
  }
  const resolveEmbedding = (id: string = defaultEmbeddingModel): ResolvedEmbedding => {
    const resolved = models.resolveEmbedding(id)
    check(id, resolved)
    return resolved
  }
  // Nobody asks for it: what a tenant may not use is done without.
  const resolveReranking = (): ResolvedReranking | undefined => {
    const resolved = models.resolveReranking?.()
    try {
      if (resolved) check(resolved.id, resolved)
      return resolved
    } catch (error) {
      if (error instanceof ForbiddenError) return undefined
      throw error
    }
  }
  const entries: Models['entries'] = () => {
    if (!allowed) return models.entries()
    const ids = new Set(allowed.map((id) => entryOf(models, id)))
    return models.entries().filter((entry) => ids.has(entry.id))
  }
  return { defaultModel, defaultEmbeddingModel, resolve, resolveEmbedding, resolveReranking, entries, shared: models }
}

const usualMaxTokens = 1_000

/**
 * How many tokens an answer may have: what is asked for, else what the tenant is set to, else 1000 (R14), or the model's most where
 * that is less.
 * @throws InvalidInputError for more than the model gives, or the tenant may have.
 */
export function maxTokensOf(
  { model_config: { max_tokens: most } }: Pick<TenantSettings, 'model_config'>,
  { maxOutput }: Pick<ModelEntry, 'maxOutput'>,
  asked?: number,
): number {
  if (asked !== undefined && asked > maxOutput)
    throw new InvalidInputError(`The model gives at most ${maxOutput} tokens.`, { field: 'max_tokens' })
  if (asked !== undefined && most !== undefined && asked > most)
    throw new InvalidInputError(`This tenant may have at most ${most} tokens an answer.`, { field: 'max_tokens' })
  return asked ?? Math.min(most ?? usualMaxTokens, maxOutput)
}

type Resolved = Pick<ResolvedModel, 'entry'>

/** Undefined for an id that left the catalogue after it was allowed, or names a model of another kind than these. */
function entryOf(models: Models, id: string): string | undefined {
  try {
    return resolveAnyKind(models, id).entry.id
  } catch (error) {
    if (PlinthError.is(error)) return undefined
    throw error
  }
}
