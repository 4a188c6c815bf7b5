import type { Usage } from '../language-model/catalogue.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { type Booking, settleBooking } from '../tenancy/meter/booking.ts'
import { LostCalls } from './lost-calls.ts'
import { type Answering, askModels } from './model-chain.ts'

export interface BookedTexts<Model, Result> {
  /** What the audit trail calls it, and the model. */
  readonly about: { readonly what: string; readonly resource: string }
  readonly requestId: string
  /** How many. */
  readonly texts: number
  readonly booking: Booking
  readonly resolved: Model
  readonly inputTokens: number
  readonly signal: AbortSignal
  ask(model: Model): Promise<Result>
  /** What an answer used. */
  used(result: Result): { readonly inputTokens: number; readonly usd: number; readonly latencyMs: number }
}

/**
 * Asks a model that reads texts and writes none, where what it may use is booked already: whatever becomes of the call, usage and audit
 * trail are settled in one commit.
 * @throws ModelFailure, LimitError `rate_limited`; the signal's reason.
 */
export async function askBooked<Model extends Answering, Result>(
  scope: Uses<'state' | 'models' | 'gate'>,
  call: BookedTexts<Model, Result>,
): Promise<Result> {
  const { about, requestId, texts, booking, resolved, inputTokens, signal } = call
  const lost = new LostCalls(inputTokens)
  const end = async (usage: Usage | undefined, answered: boolean): Promise<void> => {
    const deed = {
      ...about,
      decision: usage ? 'allowed' : 'failed',
      detail: {
        request_id: requestId,
        texts,
        ...(usage ? { input_tokens: usage.input_tokens } : {}),
        ...(answered ? {} : { answered }),
      },
    }
    const writes = settleBooking(scope, booking, usage && { usage, model: resolved.entry.id })
    await retryConflicts(() => scope.state.commit({ writes, deed }))
  }
  const answered = await askModels<Model, Result>(scope, {
    ...{ models: [resolved], maxTokens: 0, inputTokens, signal },
    ask: (model) => call.ask(model),
    onLost: (model) => lost.add(model, 0),
  }).catch(async (error: unknown) => {
    await end(lost.usage, false)
    throw error
  })
  const { inputTokens: input, usd, latencyMs } = call.used(answered.result)
  answered.permit.settle(input)
  await end(lost.with({ input_tokens: input, output_tokens: 0, usd, latency_ms: latencyMs }), true)
  return answered.result
}
