/** What calls used of which nobody said so: they were left, or broke off, before their answer was there. @module */
import { PlinthError } from '../errors.ts'
import type { ResolvedModel, Usage } from '../language-model/catalogue.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Uses } from '../scope/scope.ts'
import { mostUsed, usedAbout } from '../tenancy/meter/meter.ts'
import { readProgress } from './progress.ts'
import type { RequestFields } from './requests.ts'

/**
 * About what a call used that was left before its end. The input is what was estimated. The output is what the stream showed, where it
 * shows all that the model puts out: a model that answers at once, and one whose text a filter holds back, may have put out all that
 * it was allowed to, and that is what counts.
 * @param shown the text of its stream so far.
 * @param latency milliseconds since its start.
 * @returns undefined for a request without a reservation: it was accepted before there were any.
 */
export function usedUntold(scope: Uses<'models'>, fields: RequestFields, shown: string, latency: number): Usage | undefined {
  const { reservation, max_tokens } = fields
  if (!reservation) return undefined
  const resolved = modelOf(scope, fields)
  if (!resolved) return mostUsed(reservation, latency)
  const outputTokens = showsAll(scope, resolved) ? Math.min(max_tokens, estimateTextTokens(shown)) : max_tokens
  return usedAbout(reservation, { price: resolved.entry.price, outputTokens }, latency)
}

/** The same, told from what is kept of the request: by whoever ends it while the call runs, in whatever process. */
export async function usedAsKept(scope: Uses<'state' | 'models'>, fields: RequestFields, at: number): Promise<Usage | undefined> {
  const start = fields.timeline.at(-1)
  if (!fields.reservation || start?.type !== 'started') return undefined
  const resolved = modelOf(scope, fields)
  const shown = resolved && showsAll(scope, resolved) ? await keptText(scope, fields.request_id, start.number) : ''
  return usedUntold(scope, fields, shown, at - start.at)
}

/** What a request used in all: calls of it that came to nothing, and rounds that ended while one ran, may have been paid for before. */
export function inAll({ usage: before }: Pick<RequestFields, 'usage'>, usage: Usage): Usage {
  if (!before) return usage
  return {
    input_tokens: before.input_tokens + usage.input_tokens,
    output_tokens: before.output_tokens + usage.output_tokens,
    usd: before.usd + usage.usd,
    latency_ms: usage.latency_ms,
  }
}

/** A filter on answers may hold text back for as long as it likes, and shows nothing of what it blocks. */
function showsAll({ tenant }: Uses<never>, { incremental }: ResolvedModel): boolean {
  return incremental && Object.keys(tenant.filters.output).length === 0
}

function modelOf(scope: Uses<'models'>, { model_id }: RequestFields): ResolvedModel | undefined {
  try {
    return scope.models.resolve(model_id)
  } catch (error) {
    // It left the catalogue, or isn't this tenant's any more.
    if (PlinthError.is(error)) return undefined
    throw error
  }
}

async function keptText(scope: Uses<'state'>, requestId: string, start: number): Promise<string> {
  let shown = ''
  // Pieces may overlap, and one that was lost in a power cut counts with what it had.
  for await (const { end, text } of readProgress(scope, requestId, start, 0))
    if (end > shown.length) shown = shown.padEnd(end - text.length) + text.slice(Math.max(0, shown.length - (end - text.length)))
  return shown
}
