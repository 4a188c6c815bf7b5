import type { ResolvedModel } from '../language-model/catalogue.ts'
import { classifyFailure, type ModelFailure } from '../language-model/failure.ts'
import { type Permit, type Refusal, waitingPatience } from '../language-model/gate.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Lease, Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { type RequestRecord, requests } from './requests.ts'
import { withEntry } from './timeline.ts'

/** What is needed for one call of a request's model. */
export interface Prepared {
  readonly resolved: ResolvedModel
  readonly prompt: string
  /** Must be given back, whatever happens. */
  readonly permit: Permit
}

/**
 * Opens the prompt and asks the gate for one call, which may take a while.
 * @throws the lease's reason when it was lost meanwhile.
 */
export async function prepareCall(
  scope: Uses<'models' | 'gate'>,
  record: RequestRecord,
  lease: Lease,
): Promise<Prepared | Refusal | ModelFailure> {
  const { model_id, max_tokens, priority } = record.fields
  try {
    const resolved = scope.models.resolve(model_id)
    const prompt = (await record.open('prompt')) ?? ''
    const admission = await scope.gate.admit(resolved.servedBy, {
      tokens: estimateTextTokens(prompt) + max_tokens,
      lane: priority,
      patience: waitingPatience[priority],
      signal: lease.signal,
    })
    return admission.admitted ? { resolved, prompt, permit: admission } : admission
  } catch (error) {
    if (lease.signal.aborted) throw error
    return classifyFailure(error)
  }
}

/** The request comes back later. That is no start: it is noted once, however often it happens in a row. */
export async function defer(scope: Uses<'state'>, record: RequestRecord, refusal: Refusal): Promise<Outcome> {
  const { fields } = record
  if (fields.timeline.at(-1)?.type !== 'waiting') {
    const entry = { at: scope.clock.now(), type: 'waiting', detail: refusal.reason } as const
    const noted = { ...fields, timeline: withEntry(fields.timeline, entry) }
    await scope.state.update(requests, record, noted, { durability: 'relaxed' })
  }
  return { retryAt: Math.min(refusal.retryAt, fields.expires_at) }
}
