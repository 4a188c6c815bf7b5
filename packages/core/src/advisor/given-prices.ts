/** What somebody pays instead of list prices. @module */
import { z } from 'zod'
import { numberBetween } from '../define/forms.ts'
import { type ServicePriceName, servicePrices } from './service-prices.ts'

/** USD by the name of a service's price, and by the id of a model a million tokens. What isn't given is the list's. */
export interface GivenPrices {
  readonly services?: Readonly<Partial<Record<ServicePriceName, number>>>
  readonly models?: Readonly<Record<string, { readonly input?: number; readonly output?: number }>>
}

/** Nothing costs more a piece. */
const largestPrice = 1e6
const usd = numberBetween(0, largestPrice)

const services = z.strictObject(
  Object.fromEntries(Object.keys(servicePrices).map((name) => [name, usd.exactOptional()])),
) as z.ZodType<NonNullable<GivenPrices['services']>>

export const givenPricesForm: z.ZodType<GivenPrices> = z.strictObject({
  services: services.exactOptional(),
  models: z
    .record(z.string().min(1).max(200), z.strictObject({ input: usd.exactOptional(), output: usd.exactOptional() }))
    .exactOptional(),
})
