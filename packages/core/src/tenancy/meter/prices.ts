import { PlinthError } from '../../errors.ts'
import type { ModelEntry, ModelPrice } from '../../language-model/catalogue.ts'
import type { Uses } from '../../scope/scope.ts'

/** What a call may cost: by the model that it is for, or by one of the tenant's fallbacks. */
export function pricesFor(scope: Uses<'models'>, entry: ModelEntry): readonly ModelPrice[] {
  const prices = [entry.price]
  for (const id of scope.tenant.model_config.fallback ?? []) {
    try {
      prices.push(scope.models.resolve(id).entry.price)
    } catch (error) {
      // It left the catalogue, or isn't this tenant's any more: nobody will ask it.
      if (!PlinthError.is(error)) throw error
    }
  }
  return prices
}
