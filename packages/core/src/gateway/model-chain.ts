import { LimitError, PlinthError } from '../errors.ts'
import type { ResolvedModel } from '../language-model/catalogue.ts'
import { classifyFailure, ModelFailure, mayAskAnother, mayHaveUsed } from '../language-model/failure.ts'
import type { Admission, Permit } from '../language-model/gate.ts'
import { sleep } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import { breakerOf } from './circuit-breaker.ts'

type ChainScope = Uses<'models' | 'gate'>

/** What is known of a model, of whatever kind, to ask it. */
export type Answering = Pick<ResolvedModel, 'entry' | 'servedBy'>

/** What is asked of a tenant's models, the first that can answer. */
export interface ChainCall<Model extends Answering, Result> {
  /** In the order in which they are asked. */
  readonly models: Iterable<Model>
  readonly maxTokens: number
  /** Estimated. */
  readonly inputTokens: number
  readonly signal: AbortSignal
  /** One call of one model. What it gives hasn't been shown to anyone yet, or it must not fail any more. */
  ask(model: Model, maxTokens: number): Promise<Result>
  /**
   * Is told of each call that came to nothing, and that a provider may bill all the same: it ran out of time, was left, or broke off.
   * @param outputTokens the most that it may have put out unseen.
   */
  onLost(model: Model, outputTokens: number): void
}

export interface ChainAnswer<Model extends Answering, Result> {
  readonly result: Result
  /** Which of the models answered. */
  readonly resolved: Model
  /** Must be settled or released. */
  readonly permit: Permit
}

/** Throttles are waited for so long in all, milliseconds; a client waits meanwhile. */
const patience = 8_000
const throttleTries = 4
const firstWait = 400
/** How long a call waits for its turn at a model. */
const turnPatience = 2_000

/**
 * Asks the models in their order until one answers. A throttle is waited for with full jitter (Brooker,
 * "Exponential Backoff And Jitter", AWS, 2015: anywhere between nothing and the doubled time), or as long as the provider says; a fault
 * is tried once more, but for one that took too long; a model that failed five times in a row is passed over for a while. What is wrong with the request itself is told
 * at once.
 * @throws ModelFailure, the last one; LimitError `rate_limited` when as many calls of this tenant run as may; the signal's reason.
 */
export async function askModels<Model extends Answering, Result>(
  scope: ChainScope,
  call: ChainCall<Model, Result>,
): Promise<ChainAnswer<Model, Result>> {
  const until = scope.clock.now() + patience
  let failure: ModelFailure | undefined
  for (const resolved of call.models) {
    const met = { throttles: 0, faults: 0 }
    for (;;) {
      const asked = await askOne(scope, call, resolved)
      if (!(asked instanceof ModelFailure)) return { ...asked, resolved }
      failure = asked
      if (!mayAskAnother(failure)) throw failure
      if (failure.kind === 'throttle') met.throttles++
      else met.faults++
      const wait = waitBefore(scope, failure, met)
      if (wait === undefined || scope.clock.now() + wait > until) break
      await sleep(scope.clock, wait, call.signal)
    }
  }
  throw failure ?? new ModelFailure('transient', 'model_unavailable', 'No model could be asked.')
}

/** How long to wait before the same model is asked again; undefined: not again. */
function waitBefore(
  { clock }: ChainScope,
  failure: ModelFailure,
  { throttles, faults }: { readonly throttles: number; readonly faults: number },
): number | undefined {
  const { kind, retryAfter } = failure
  const again = kind === 'throttle' ? throttles < throttleTries : kind === 'transient' && faults === 1 && !isOver(failure)
  if (!again) return undefined
  if (retryAfter !== undefined) return retryAfter * 1_000
  return clock.random() * firstWait * (kind === 'throttle' ? 2 ** throttles : 1)
}

/** What is left alone, or took too long, isn't asked again. */
function isOver(failure: ModelFailure): boolean {
  return failure instanceof LeftAlone || mayHaveUsed(failure, '')
}

/** @returns the failure of a call that failed, or wasn't made. */
async function askOne<Model extends Answering, Result>(
  scope: ChainScope,
  { inputTokens, maxTokens, signal, ask, onLost }: ChainCall<Model, Result>,
  resolved: Model,
): Promise<{ readonly result: Result; readonly permit: Permit } | ModelFailure> {
  const breaker = breakerOf(scope)
  // Each tenant's own: what one asks may make a model fail, and is no reason to keep the others from it.
  const circuit = `${scope.caller.tenant} ${resolved.servedBy}`
  const closed = breaker.admit(circuit)
  if (closed > 0) return new LeftAlone(closed)
  const most = Math.min(maxTokens, resolved.entry.maxOutput)
  let permit: Admission
  try {
    permit = await scope.gate.admit(resolved.servedBy, {
      tokens: inputTokens + most,
      lane: 'high',
      patience: turnPatience,
      signal,
      from: 'edge',
    })
  } catch (error) {
    breaker.unused(circuit)
    throw error
  }
  if (!permit.admitted) {
    breaker.unused(circuit)
    const retryAfter = Math.max(1, Math.ceil((permit.retryAt - scope.clock.now()) / 1_000))
    if (permit.reason === 'tenant_busy')
      throw new LimitError('concurrent', 'rate_limited', 'As many calls of this tenant run as may.', { retryAfter })
    return new ModelFailure('throttle', 'model_throttled', 'The model takes no more calls for now.', { retryAfter })
  }
  try {
    const result = await ask(resolved, most)
    breaker.succeeded(circuit)
    return { result, permit }
  } catch (error) {
    if (signal.aborted) {
      breaker.unused(circuit)
      permit.release()
      onLost(resolved, most)
      throw error
    }
    const failure = classifyFailure(error)
    permit.release(failure)
    if (mayHaveUsed(failure, '')) onLost(resolved, most)
    else if (failure.code === 'model_answer_cut') onLost(resolved, 0)
    if (failure.kind === 'transient') breaker.failed(circuit)
    // Whoever was answered, with whatever, was reached.
    else breaker.succeeded(circuit)
    return failure
  }
}

class LeftAlone extends ModelFailure {
  /** @param wait milliseconds. */
  constructor(wait: number) {
    const retryAfter = Math.ceil(wait / 1_000)
    super('transient', 'model_resting', 'The model failed too often; it is left alone for a while.', { retryAfter })
  }
}

/** The model asked for, then the tenant's fallbacks, but for those that left the catalogue or aren't this tenant's any more. */
export function* withFallbacks(scope: ChainScope, first: ResolvedModel): Generator<ResolvedModel> {
  yield first
  const asked = new Set([first.servedBy])
  for (const id of scope.tenant.model_config.fallback ?? []) {
    try {
      const resolved = scope.models.resolve(id)
      if (asked.has(resolved.servedBy)) continue
      asked.add(resolved.servedBy)
      yield resolved
    } catch (error) {
      if (!PlinthError.is(error)) throw error
    }
  }
}
