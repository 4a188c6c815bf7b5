import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * What the world outside saw, in the order in which it saw it: clients, the model's provider, a subscriber of the bus. It lies outside of
 * the folder that the crash hits.
 */
export type Entry =
  /** A process began to open the folder. */
  | { readonly type: 'begun' }
  /** It was ready for its clients, at that time (milliseconds UTC). */
  | { readonly type: 'ready'; readonly at: number }
  /** A client received its acknowledgement. */
  | { readonly type: 'acknowledged'; readonly key: string; readonly tenant: string; readonly request_id: string }
  /** What was acknowledged was not there when its client looked. */
  | { readonly type: 'missing'; readonly key: string }
  /** Another body under a key that was used was taken for it, or for a new one. */
  | { readonly type: 'reused'; readonly key: string }
  /** A client was told that its request is cancelled, or is over already. */
  | { readonly type: 'cancelled'; readonly key: string }
  | { readonly type: 'too-late'; readonly key: string }
  /** A client was told that its dead letter is back in the queue. */
  | { readonly type: 'redriven'; readonly key: string }
  /** The provider was asked, under this idempotency key, and knows what it will say. */
  | { readonly type: 'called'; readonly call: string; readonly told: 'answer' | 'fault' | 'throttle' | 'refusal' }
  /** The subscriber was told of an event. */
  | {
      readonly type: 'published'
      readonly id: string
      readonly kind: string
      readonly tenant: string
      readonly subject: string
      readonly sequence: number
    }
  /** A receiver of webhooks was told of an event; the id is the one in its header. */
  | {
      readonly type: 'delivered'
      readonly id: string
      readonly url: string
      readonly kind: string
      readonly tenant: string
      readonly subject: string
      readonly sequence: number
    }
  /** Everything is done, and the process ended in good order. */
  | { readonly type: 'ended' }

export class Ledger {
  readonly #file: number
  /** All so far, former processes' too. */
  readonly entries: Entry[]

  constructor(path: string) {
    this.entries = existsSync(path) ? [...readLedger(path)] : []
    // The process before may have died in the middle of a line.
    appendFileSync(path, '\n')
    this.#file = openSync(path, 'a')
  }

  /** When it returns, it is known outside, whatever becomes of this process. */
  add(entry: Entry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`)
    this.entries.push(entry)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The entries of a ledger. A line that its process could not end was never seen. */
export function readLedger(path: string): readonly Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line): Entry[] => (line.endsWith('}') ? [JSON.parse(line) as Entry] : []))
}
