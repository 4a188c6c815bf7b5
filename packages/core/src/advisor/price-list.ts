import { InvalidInputError } from '../errors.ts'
import type { ModelEntry } from '../language-model/catalogue.ts'
import type { TokenPrice } from './cost/formulas.ts'
import type { GivenPrices } from './given-prices.ts'
import { priceRegion, type ServicePriceName, servicePrices, type UsdOf } from './service-prices.ts'

/** A price that an answer rests on. */
export interface ShownPrice {
  readonly name: string
  readonly usd: number
  readonly per: string
  /** Null where somebody gave it. */
  readonly date: string | null
  readonly region: string | null
  readonly source: string
  /** Whether it was read more than a year ago, and may be another by now. */
  readonly old: boolean
}

/** Prices as they are counted with: the lists', with what somebody pays instead. */
export interface PriceList {
  readonly usd: UsdOf
  tokens(model: ModelEntry): TokenPrice
  service(name: ServicePriceName): ShownPrice
  model(model: ModelEntry, part: keyof TokenPrice): ShownPrice
}

const yearMilliseconds = 365 * 86_400_000
const own = { date: null, region: null, source: 'given with the question', old: false } as const

/**
 * @param options.today milliseconds UTC, by which prices are old.
 * @throws InvalidInputError for a price of a model that the catalogue hasn't; its field is below `models`.
 */
export function priceList(
  given: GivenPrices,
  options: { readonly today: number; readonly findModel: (id: string) => ModelEntry },
): PriceList {
  const models = new Map<string, { readonly input?: number; readonly output?: number }>()
  for (const [name, price] of Object.entries(given.models ?? {})) {
    const id = idOf(name, options.findModel)
    if (models.has(id))
      throw new InvalidInputError(`${name} is another spelling of a model that has a price already.`, { field: `models.${name}` })
    models.set(id, price)
  }
  const isOld = (date: string): boolean => options.today - Date.parse(date) > yearMilliseconds
  const usd: UsdOf = (name) => given.services?.[name] ?? servicePrices[name].usd
  return {
    usd,
    tokens: ({ id, price }) => {
      const { input = price.input, output = price.output } = models.get(id) ?? {}
      return { input, output }
    },
    service: (name) => {
      const { per, source, date, region } = servicePrices[name]
      const shown = { name, usd: usd(name), per }
      return given.services?.[name] === undefined ? { ...shown, source, date, region, old: isOld(date) } : { ...shown, ...own }
    },
    model: ({ id, price }, part) => {
      const instead = models.get(id)?.[part]
      const shown = { name: `${id} ${part}`, usd: instead ?? price[part], per: 'million tokens' }
      if (instead !== undefined) return { ...shown, ...own }
      return { ...shown, source: price.source, date: price.date, region: priceRegion, old: isOld(price.date) }
    },
  }
}

function idOf(id: string, findModel: (id: string) => ModelEntry): string {
  try {
    return findModel(id).id
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(error.message, { code: error.code, field: `models.${id}`, cause: error })
  }
}
