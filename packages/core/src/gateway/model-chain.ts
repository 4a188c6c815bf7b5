import { LimitError, PlinthError } from '../errors.ts'
import type { ResolvedModel } from '../language-model/catalogue.ts'
import { classifyFailure, ModelFailure } from '../language-model/failure.ts'
import type { Permit } from '../language-model/gate.ts'
import { sleep } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import { breakerOf } from './circuit-breaker.ts'

type ChainScope = Uses<'models' | 'gate'>

/** What is known of a model, of whatever kind, to ask it. */
type Answering = Pick<ResolvedModel, 'entry' | 'servedBy'>

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
  /** Is told of each call that came to nothing, and that a provider may bill all the same: it ran out of time, or broke off. */
  onLost(model: Model): void
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
 * is tried once more; a model that failed five times in a row is passed over for a while. What is wrong with the request itself is told
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
    for (let tries = 1; ; tries++) {
      const asked = await askOne(scope, call, resolved)
      if (!(asked instanceof ModelFailure)) return { ...asked, resolved }
      failure = asked
      const { kind, code } = failure
      if (code === 'model_timeout' || code === 'model_answer_cut') call.onLost(resolved)
      if (kind === 'content' || (kind === 'permanent' && code !== 'model_access_denied')) throw failure
      const wait = waitBefore(scope, failure, tries)
      if (wait === undefined || scope.clock.now() + wait > until) break
      await sleep(scope.clock, wait, call.signal)
    }
  }
  throw failure ?? new ModelFailure('transient', 'model_unavailable', 'No model could be asked.')
}

/** How long to wait before the same model is asked again; undefined: not again. */
function waitBefore({ clock }: ChainScope, { kind, code, retryAfter }: ModelFailure, tries: number): number | undefined {
  if (kind === 'throttle' && tries < throttleTries)
    return retryAfter === undefined ? clock.random() * firstWait * 2 ** tries : retryAfter * 1_000
  const again = kind === 'transient' && tries === 1 && code !== 'model_timeout' && retryAfter === undefined
  return again ? clock.random() * firstWait : undefined
}

/** @returns the failure of a call that failed, or wasn't made. */
async function askOne<Model extends Answering, Result>(
  scope: ChainScope,
  { inputTokens, maxTokens, signal, ask }: ChainCall<Model, Result>,
  resolved: Model,
): Promise<{ readonly result: Result; readonly permit: Permit } | ModelFailure> {
  const breaker = breakerOf(scope)
  const closed = breaker.admit(resolved.servedBy)
  if (closed > 0) return unavailable(closed)
  const most = Math.min(maxTokens, resolved.entry.maxOutput)
  const permit = await scope.gate.admit(resolved.servedBy, {
    tokens: inputTokens + most,
    lane: 'high',
    patience: turnPatience,
    signal,
    from: 'edge',
  })
  if (!permit.admitted) {
    const retryAfter = Math.max(1, Math.ceil((permit.retryAt - scope.clock.now()) / 1_000))
    if (permit.reason === 'tenant_busy')
      throw new LimitError('concurrent', 'rate_limited', 'As many calls of this tenant run as may.', { retryAfter })
    return new ModelFailure('throttle', 'model_throttled', 'The model takes no more calls for now.', { retryAfter })
  }
  try {
    const result = await ask(resolved, most)
    breaker.succeeded(resolved.servedBy)
    return { result, permit }
  } catch (error) {
    if (signal.aborted) {
      permit.release()
      throw error
    }
    const failure = classifyFailure(error)
    permit.release(failure)
    if (failure.kind === 'transient') breaker.failed(resolved.servedBy)
    // Whoever was answered, with whatever, was reached.
    else breaker.succeeded(resolved.servedBy)
    return failure
  }
}

function unavailable(wait: number): ModelFailure {
  const retryAfter = Math.ceil(wait / 1_000)
  return new ModelFailure('transient', 'model_unavailable', 'The model failed too often; it is left alone for a while.', {
    retryAfter,
  })
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
