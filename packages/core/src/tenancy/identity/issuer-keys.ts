import type { JWK } from 'jose'
import { z } from 'zod'
import { UnavailableError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Outbound } from '../../ports/outbound.ts'
import { KeySet, mostKeys, publicKeyForm } from './key-set.ts'

/** The keys of one issuer. */
export interface IssuerKeys {
  /** The set that holds now: the same object as long as nothing changed in it. @throws UnavailableError `issuer_unavailable` */
  current(): Promise<KeySet>
  /**
   * The set that holds now, when a token names a key that isn't in the current one.
   * @throws UnavailableError `issuer_unavailable` when the issuer couldn't be asked whether it has a new one.
   */
  renewed(): Promise<KeySet>
}

/** A set from the configuration. */
export function fixedKeys(keys: readonly JWK[]): IssuerKeys {
  const set = Promise.resolve(new KeySet(keys))
  return { current: () => set, renewed: () => set }
}

/**
 * How long a set is used without asking again, so how long a key is still taken after the issuer removed it; milliseconds.
 */
export const freshKeysFor = 300_000
/** How long a set is used while its issuer can't be asked. */
export const staleKeysFor = 3_600_000
/** Unknown keys, which anybody can name, make us ask once in so long. */
export const askAgainAfter = 30_000
const firstPause = 1_000
const longestPause = 120_000
const timeout = 5_000
const mostBytes = 256 * 1024

/**
 * A set behind a URL, asked for when a token needs it: one request at a time, for all who wait. After a failure nobody asks for
 * a pause, which doubles from 1 second to 2 minutes; meanwhile the set that was had last is used, for an hour at most.
 */
export class RemoteKeys implements IssuerKeys {
  readonly #url: string
  readonly #outbound: Outbound
  readonly #clock: Clock
  #held: { readonly set: KeySet; readonly asked: number } | undefined
  /** When the last request ended. */
  #answered = Number.NEGATIVE_INFINITY
  /** Between failure and success; its cause is for the log. */
  #failure: { readonly cause: unknown; readonly pause: number } | undefined
  #failures = 0
  #request: Promise<void> | undefined

  constructor(parts: { readonly url: string; readonly outbound: Outbound; readonly clock: Clock }) {
    this.#url = parts.url
    this.#outbound = parts.outbound
    this.#clock = parts.clock
  }

  async current(): Promise<KeySet> {
    if (!this.#youngerThan(freshKeysFor)) await this.#ask(0)
    return this.#usable()
  }

  async renewed(): Promise<KeySet> {
    await this.#ask(askAgainAfter)
    if (this.#failure) throw this.#unavailable()
    return this.#usable()
  }

  #usable(): KeySet {
    const held = this.#youngerThan(staleKeysFor)
    if (!held) throw this.#unavailable()
    return held
  }

  /** A clock that was set back makes a set's age unknown: it counts as too old. */
  #youngerThan(limit: number): KeySet | undefined {
    const age = this.#clock.now() - (this.#held?.asked ?? Number.NEGATIVE_INFINITY)
    return age >= 0 && age < limit ? this.#held?.set : undefined
  }

  /** Asks, or waits for who asked already; unless the last answer is younger than `rest`, or a pause lasts. */
  async #ask(rest: number): Promise<void> {
    const since = this.#clock.now() - this.#answered
    if (!this.#request && since >= 0 && since < (this.#failure?.pause ?? rest)) return
    this.#request ??= this.#fetch().finally(() => {
      this.#request = undefined
    })
    await this.#request
  }

  async #fetch(): Promise<void> {
    const asked = this.#clock.now()
    try {
      const set = await this.#load()
      this.#held = { set: set.fingerprint === this.#held?.set.fingerprint ? this.#held.set : set, asked }
      this.#failure = undefined
      this.#failures = 0
    } catch (cause) {
      const pause = Math.min(longestPause, firstPause * 2 ** this.#failures++)
      this.#failure = { cause, pause: pause * (0.5 + this.#clock.random() / 2) }
    }
    this.#answered = this.#clock.now()
  }

  async #load(): Promise<KeySet> {
    const headers = { accept: 'application/jwk-set+json, application/json' }
    const answer = await this.#outbound.send({ method: 'GET', url: this.#url, headers, timeout, maxBytes: mostBytes })
    if (answer.status !== 200) throw new Error(`The keys' URL answered ${answer.status}.`)
    const { keys } = remoteSet.parse(JSON.parse(utf8.decode(answer.body)))
    // Keys of kinds that we don't know, or don't take, stand beside the others: they are passed over.
    return new KeySet(keys.flatMap((key) => publicKeyForm.safeParse(key).data ?? []))
  }

  #unavailable(): UnavailableError {
    const { cause, pause = 0 } = this.#failure ?? {}
    const left = this.#answered + pause - this.#clock.now()
    return new UnavailableError('issuer_unavailable', "The keys of the token's issuer can't be had now.", {
      cause,
      retryAfter: Math.max(1, Math.ceil(left / 1_000)),
    })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const remoteSet = z.object({ keys: z.array(z.unknown()).max(mostKeys) })
