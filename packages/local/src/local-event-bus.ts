import { type EventBus, type PublishResult, publishLimit, type StoredEvent, TooLargeError } from '@plinth/core'

export type Listener = (event: StoredEvent) => Promise<void> | void

/** EventBus within the process: every listener gets every event; one that fails makes the relay send that event again. */
export class LocalEventBus implements EventBus {
  readonly #listeners = new Set<Listener>()

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async publish(events: readonly StoredEvent[]): Promise<readonly PublishResult[]> {
    if (events.length > publishLimit) throw new TooLargeError(`At most ${publishLimit} events are published at once.`)
    const results: PublishResult[] = []
    for (const event of events) results.push(await this.#publish(event))
    return results
  }

  async #publish(event: StoredEvent): Promise<PublishResult> {
    try {
      for (const listener of this.#listeners) await listener(event)
      return { published: true }
    } catch {
      return { published: false, code: 'listener_failed' }
    }
  }
}
