import { usualModel } from '../advisor/usual-model.ts'
import { PlinthError } from '../errors.ts'
import { type ModelEntry, priceOf } from '../language-model/catalogue.ts'
import type { Uses } from '../scope/scope.ts'

/** One call of a model about one record: what each record would cost if each were asked about. */
interface CallPerRecord {
  readonly model_id: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
}

/** Of the seed's call for each record: its prompt with a record of some fields, and the analysis as JSON. */
const tokens = { input: 300, output: 200 }

/** At the list price of the tenant's model; of a usual one where the tenant's costs nothing, as the embedded model does. */
export function callPerRecord({ models }: Uses<'models'>): CallPerRecord {
  const entry = pricedEntry(models) ?? (models.shared ?? models).resolve(usualModel).entry
  const { input: input_tokens, output: output_tokens } = tokens
  return { model_id: entry.id, input_tokens, output_tokens, usd: priceOf(entry.price, tokens) }
}

function pricedEntry(models: Uses<'models'>['models']): ModelEntry | undefined {
  try {
    const { entry } = models.resolve()
    return priceOf(entry.price, tokens) > 0 ? entry : undefined
  } catch (error) {
    // Its default model is none that this tenant may use.
    if (PlinthError.is(error)) return undefined
    throw error
  }
}
