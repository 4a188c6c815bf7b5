import type { ModelEntry } from '../../language-model/catalogue.ts'
import type { PriceList, ShownPrice } from '../price-list.ts'
import { type ServicePriceName, servicePrices } from '../service-prices.ts'
import type { CostLine, CostParts } from './cost-line.ts'
import { costLines } from './estimate.ts'

/** A line with the prices that it rests on. */
export interface PricedLine extends CostLine {
  /** Their names. */
  readonly prices: readonly string[]
  /** Whether one of them is more than a year old. */
  readonly old_price: boolean
}

const serviceNames = Object.keys(servicePrices) as readonly ServicePriceName[]

/**
 * Which prices lines rest on, found by raising each by a dollar and seeing which lines rise: so no line has to say it, and none can say
 * what isn't so.
 * @param models those whose prices stand in `parts`.
 */
export function priceLines(
  parts: CostParts,
  list: PriceList,
  models: { readonly model: ModelEntry; readonly embedding: ModelEntry },
): { readonly lines: readonly PricedLine[]; readonly prices: readonly ShownPrice[] } {
  const lines = costLines(parts)
  const rests = lines.map((): ShownPrice[] => [])
  const raise = (price: ShownPrice, raised: Partial<CostParts>): void => {
    const higher = costLines({ ...parts, ...raised })
    for (const [index, line] of lines.entries()) if ((higher[index]?.usd ?? 0) > line.usd) rests[index]?.push(price)
  }
  for (const name of serviceNames) raise(list.service(name), { usd: (asked) => parts.usd(asked) + (asked === name ? 1 : 0) })
  for (const part of ['input', 'output'] as const)
    raise(list.model(models.model, part), { model: { ...parts.model, [part]: parts.model[part] + 1 } })
  raise(list.model(models.embedding, 'input'), { embedding: { input: parts.embedding.input + 1 } })
  const named = new Map(rests.flat().map((price) => [price.name, price]))
  return {
    lines: lines
      .map((line, index) => {
        const prices = rests[index] ?? []
        return { ...line, prices: prices.map(({ name }) => name), old_price: prices.some(({ old }) => old) }
      })
      .filter(({ usd }) => usd > 0)
      .toSorted((one, other) => other.usd - one.usd),
    prices: [...named.values()],
  }
}
