import type { Models } from '../language-model/catalogue.ts'
import type { Uses } from '../scope/scope.ts'
import { guessOf } from './service-guess.ts'
import { TenantEstimates } from './tenant-estimates.ts'

/** So many tenants are remembered at most, those that were seen last. */
const mostTenants = 10_000

/** What is measured in one running Plinth: each tenant's own, since how long one's calls take is nobody else's business. */
export class Estimator {
  readonly #models: Models
  /** Tenants seen of late; when that is half of the most, those seen before are forgotten. */
  #recent = new Map<string, TenantEstimates>()
  #before = new Map<string, TenantEstimates>()

  constructor(models: Models) {
    this.#models = models
  }

  forTenant(tenant: string): TenantEstimates {
    const found = this.#recent.get(tenant)
    if (found) return found
    const estimates =
      this.#before.get(tenant) ?? new TenantEstimates((model, maxTokens) => guessOf(this.#serving(model), maxTokens))
    if (this.#recent.size >= mostTenants / 2) {
      this.#before = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(tenant, estimates)
    return estimates
  }

  /** The entry of what answers for a model. */
  #serving(model: string): ReturnType<Models['resolve']>['entry'] | undefined {
    try {
      const { entry, servedBy } = this.#models.resolve(model)
      return entry.id === servedBy ? entry : this.#models.resolve(servedBy).entry
    } catch {
      // It left the catalogue since it was asked for.
      return undefined
    }
  }
}

const estimators = new WeakMap<Models, Estimator>()

/** The caller's tenant's estimates. */
export function estimatesOf(scope: Uses<'models'>): TenantEstimates {
  const models = scope.models.shared ?? scope.models
  const estimator = estimators.get(models) ?? new Estimator(models)
  estimators.set(models, estimator)
  return estimator.forTenant(scope.caller.tenant)
}

/** `2 seconds`, `2 minutes`, `3 hours`, `4 days`: rounded up, never nothing. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  if (seconds < 120) return plural(seconds, 'second')
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 120) return plural(minutes, 'minute')
  const hours = Math.ceil(minutes / 60)
  if (hours < 48) return plural(hours, 'hour')
  return plural(Math.ceil(hours / 24), 'day')
}

function plural(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
