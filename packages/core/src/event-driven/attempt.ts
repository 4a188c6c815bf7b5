import { ConflictError, PlinthError, UnavailableError } from '../errors.ts'
import { callModel, type ModelAnswer } from '../language-model/call.ts'
import type { Usage } from '../language-model/catalogue.ts'
import { classifyFailure, type ModelFailure, mayHaveUsed } from '../language-model/failure.ts'
import { sleep } from '../ports/clock.ts'
import type { Lease } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { check, insert } from '../scope/state.ts'
import { type Ticked, tickerOf } from '../ticker.ts'
import type { Prepared } from './admission.ts'
import { chargeLate } from './late-charge.ts'
import { progress, progressPlace, wholeEnd } from './progress.ts'
import { type RequestFields, type RequestRecord, requests } from './requests.ts'
import { keepingPause, keepingTries } from './retry.ts'
import { hasEnded, keptStart, type Start, startIn, withStart } from './timeline.ts'
import { usedUntold } from './used.ts'

type AttemptScope = Uses<'state' | 'models'>

/**
 * Why a call was ended from outside. lost: the lease went, and another worker has the job · over: the request was cancelled, or
 * another worker finished it · expired: its time is up.
 */
type Interruption = 'lost' | 'over' | 'expired'

/** How long one answer may take. */
const modelTimeout = 5 * 60_000

/**
 * One start of a request's work and what became of it. Nothing is written while the model answers soon; then everything goes into
 * the commit that ends the attempt. From its second tick on, the start and the text so far are kept, and a request that is
 * cancelled, finished by another worker or expired ends the call.
 */
export class Attempt implements Ticked {
  readonly #scope: AttemptScope
  readonly #lease: Lease
  readonly #round: number
  readonly #calling = new AbortController()
  /** As it was last read or written. */
  #record: RequestRecord
  #start: Start
  /** Whether the last commit may have happened although it failed. */
  #unsure = false
  #interruption: Interruption | undefined
  #ticks = 0
  #looking: Promise<void> | undefined
  #text = ''
  /** How much of the text is kept, in UTF-16 code units. */
  #shown = 0

  constructor(scope: AttemptScope, record: RequestRecord, lease: Lease) {
    this.#scope = scope
    this.#record = record
    this.#lease = lease
    this.#round = record.fields.round
    this.#start = { at: scope.clock.now(), cutOffs: lease.cutOffs, after: record.fields.timeline.at(-1)?.number ?? 0 }
  }

  /** One call of the model; settles its permit by what is known of it. */
  async ask({ resolved, prompt, permit }: Prepared): Promise<ModelAnswer | ModelFailure | Interruption> {
    const { caller, clock } = this.#scope
    const { request_id, round, max_tokens } = this.#record.fields
    const ticker = tickerOf(clock)
    ticker.add(this)
    try {
      const answer = await callModel(this.#scope, {
        resolved,
        prompt: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
        maxTokens: max_tokens,
        requestId: request_id,
        idempotencyKey: `${caller.tenant}:${request_id}:${round}`,
        timeout: modelTimeout,
        signal: this.#calling.signal,
        onText: (text) => {
          this.#text = text
        },
      })
      permit.settle(answer.usage.input_tokens + answer.usage.output_tokens)
      return answer
    } catch (error) {
      if (this.#interruption) return this.#interruption
      if (this.#lease.signal.aborted) return 'lost'
      const failure = classifyFailure(error)
      permit.release(failure)
      return failure
    } finally {
      ticker.remove(this)
      if (this.#looking) await this.#looking
    }
  }

  /** About what the call used that {@link ask} made, where it brought no answer. */
  get used(): Usage | undefined {
    const { at } = this.#start
    return usedUntold(this.#scope, this.#record.fields, this.#text, this.#scope.clock.now() - at)
  }

  /** The same of a call that failed; undefined when there is nothing to pay for. */
  usedBy(failure: ModelFailure): Usage | undefined {
    return mayHaveUsed(failure, this.#text) ? this.used : undefined
  }

  /** Books a call whose request ended meanwhile, where whoever ended it could not. */
  async charge(used: Usage | undefined): Promise<void> {
    if (used) await chargeLate(this.#scope, { fields: this.#record.fields, start: this.#start, used }, this.#lease.signal)
  }

  /**
   * Keeps what the attempt came to. A commit that meets another's is decided anew from what stands there then; one that fails in
   * passing, as on a full disk, is tried again for about half a minute.
   * @param write commits the end; `begun` is the record's fields with the attempt's start as the last entry of the timeline.
   * @returns the request as it is then, or undefined when it isn't this attempt's to change any more.
   */
  async conclude(
    write: (record: RequestRecord, begun: RequestFields) => Promise<RequestRecord>,
  ): Promise<RequestRecord | undefined> {
    for (let failures = 1; ; failures++) {
      try {
        return await write(this.#record, withStart(this.#record.fields, this.#start))
      } catch (error) {
        if (!PlinthError.is(error) || !error.retryable || failures === keepingTries) throw error
        if (!(error instanceof ConflictError)) await this.#pause(failures)
      }
      if (!(await this.#refresh())) return undefined
      if (hasEnded(this.#record.fields.timeline, this.#start)) return this.#record
    }
  }

  tick(): void {
    if (this.#lease.signal.aborted) this.#interrupt('lost')
    else if (this.#scope.clock.now() >= this.#record.fields.expires_at) this.#interrupt('expired')
    // The first tick may come at once.
    if (++this.#ticks < 2 || this.#looking || this.#interruption) return
    this.#looking = this.#look()
      // The next tick tries again; what can't be kept here is kept with the end.
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined
      })
  }

  /** Keeps what is new; where there is nothing, looks whether the request is still ours, every other tick. */
  async #look(): Promise<void> {
    try {
      if (this.#unsure && !(await this.#refresh())) return
      const kept = (await this.#keepStart()) && (await this.#keepText())
      if (!kept && this.#ticks % 2 === 0) await this.#refresh()
    } catch (error) {
      if (!(error instanceof ConflictError)) this.#unsure = true
      else await this.#refresh()
    }
  }

  /** @returns whether the timeline now ends with this start, so that its text may follow. */
  async #keepStart(): Promise<boolean> {
    const { fields } = this.#record
    const last = fields.timeline.at(-1)
    const { kept } = this.#start
    if (kept && last?.number === kept.number) return true
    // Another worker began after this one: what clients are shown is its text.
    if (kept && last?.type === 'started') return false
    const begun = withStart(fields, this.#start)
    this.#record = await this.#scope.state.update(requests, this.#record, begun, { durability: 'relaxed' })
    this.#start = keptStart(this.#start, begun.timeline)
    this.#shown = 0
    return true
  }

  /** @returns whether there was text to keep. */
  async #keepText(): Promise<boolean> {
    const { state, clock } = this.#scope
    const text = this.#text
    const end = wholeEnd(text)
    const { kept } = this.#start
    if (!kept || end <= this.#shown) return false
    const place = progressPlace(this.#record.fields.request_id, kept.number, end)
    const piece = insert(progress, place, { at: clock.now() }, { text: text.slice(this.#shown, end).toWellFormed() })
    await state.commit({ writes: [check(requests, this.#record), piece], durability: 'relaxed' })
    this.#shown = end
    return true
  }

  /** Reads the request anew. @returns whether it is still this attempt's; if not, the call is ended. */
  async #refresh(): Promise<boolean> {
    const record = await this.#scope.state.get(requests, { partition: this.#record.fields.request_id })
    if (record?.fields.status !== 'processing' || record.fields.round !== this.#round) {
      this.#interrupt('over')
      return false
    }
    this.#record = record
    if (this.#unsure) this.#start = startIn(this.#start, record.fields.timeline)
    this.#unsure = false
    return true
  }

  async #pause(failures: number): Promise<void> {
    this.#unsure = true
    await sleep(this.#scope.clock, keepingPause(failures), this.#lease.signal)
  }

  #interrupt(why: Interruption): void {
    this.#interruption ??= why
    this.#calling.abort(new UnavailableError('interrupted', 'The call was ended from outside.'))
  }
}
