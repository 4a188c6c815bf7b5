import { TooLargeError } from '../errors.ts'
import { type EventBus, type PublishResult, publishLimit } from '../ports/event-bus.ts'
import type { StoredEvent } from '../ports/state-store.ts'

/** A bus in memory: remembers what was published and tells its subscribers. */
export class MemoryEventBus implements EventBus {
  /** Everything that was published, in that order, repetitions included. */
  readonly published: StoredEvent[] = []
  readonly #listeners = new Set<(event: StoredEvent) => void>()

  async publish(events: readonly StoredEvent[]): Promise<readonly PublishResult[]> {
    if (events.length > publishLimit) throw new TooLargeError(`At most ${publishLimit} events are published at once.`)
    return events.map((event) => {
      const kept = structuredClone(event)
      this.published.push(kept)
      for (const listener of this.#listeners) listener(structuredClone(kept))
      return { published: true }
    })
  }

  /** Calls `listener` with every event from now on; returns what stops it. */
  subscribe(listener: (event: StoredEvent) => void): () => void {
    const own = (event: StoredEvent): void => listener(event)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }
}
