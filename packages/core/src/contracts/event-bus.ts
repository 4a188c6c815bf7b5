import { expect } from 'vitest'
import { TooLargeError } from '../errors.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import { type ContractOptions, describeContract } from './contract.ts'
import { eventOf } from './samples.ts'
import { eventually, quiet } from './settling.ts'

/** What an event bus's contract is tried on. */
export interface EventBusSubject {
  readonly bus: EventBus
  /** What a subscriber to everything has been handed so far: ids and what else of the event the bus carries. */
  received(): Promise<readonly Pick<StoredEvent, 'id' | 'type' | 'tenant' | 'sequence' | 'detail'>[]>
}

/** The promises of {@link EventBus}, one test each. */
export function describeEventBusContract(adapter: string, options: ContractOptions<EventBusSubject>): void {
  describeContract('EventBus', adapter, options, {
    'an event that is published reaches a subscriber, with its id': async (subject) => {
      const { port } = subject()
      const events = [
        stored('reach-1', { type: 'genai.a', detail: { text: 'ünï', list: [1, null] } }),
        stored('reach-2', { tenant: 'other', sequence: 7 }),
      ]
      await publishAll(port.bus, events)
      for (const { id, type, tenant, sequence, detail } of events) {
        await eventually(subject(), async () => {
          const found = (await port.received()).find((event) => event.id === id)
          expect(found).toMatchObject({ id, type, tenant, sequence, detail })
        })
      }
    },

    'publish gives a result an event, in their order': async (subject) => {
      const { port } = subject()
      const events = Array.from({ length: 10 }, (_, index) => stored(`result-${index}`))
      let results = await port.bus.publish(events).catch(() => [])
      for (let attempt = 0; attempt < 50 && results.length === 0; attempt++)
        results = await port.bus.publish(events).catch(() => [])
      expect(results).toHaveLength(10)
      await eventually(subject(), async () => {
        const received = new Set((await port.received()).map((event) => event.id))
        for (const [index, result] of results.entries()) if (result.published) expect(received).toContain(`result-${index}`)
      })
      for (const result of results) if (!result.published) expect(result.code).toMatch(/^[a-z][a-z_]*$/)
    },

    'nothing is published by publishing nothing': async (subject) => {
      expect(await subject().port.bus.publish([])).toEqual([])
    },

    'an event published twice has the same id twice': async (subject) => {
      const { port } = subject()
      await publishAll(port.bus, [stored('again')])
      await publishAll(port.bus, [stored('again')])
      await eventually(subject(), async () => {
        expect((await port.received()).filter((event) => event.id === 'again').length).toBeGreaterThanOrEqual(2)
      })
    },

    'more than 10 events are refused with TooLargeError, and none is published': async (subject) => {
      const { port } = subject()
      const events = Array.from({ length: 11 }, (_, index) => stored(`more-${index}`))
      await expect(port.bus.publish(events)).rejects.toThrow(TooLargeError)
      await quiet(subject())
      expect((await port.received()).filter((event) => event.id.startsWith('more-'))).toEqual([])
    },

    'many events all arrive': async (subject) => {
      const { port } = subject()
      const events = Array.from({ length: 120 }, (_, index) => stored(`many-${index}`, { sequence: index + 1 }))
      for (let start = 0; start < events.length; start += 10) await publishAll(port.bus, events.slice(start, start + 10))
      await eventually(subject(), async () => {
        const received = new Set((await port.received()).map((event) => event.id))
        expect(events.filter((event) => !received.has(event.id))).toEqual([])
      })
    },
  })
}

function stored(id: string, parts: Partial<StoredEvent> = {}): StoredEvent {
  return { ...eventOf('tenant', id), sequence: 1, ...parts }
}

/** Publishes as the relay does: what isn't published is published again. */
async function publishAll(bus: EventBus, events: readonly StoredEvent[]): Promise<void> {
  let left = events
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt > 100) throw new Error('These events can never be published.')
    const tried = left
    try {
      const results = await bus.publish(tried)
      left = tried.filter((_, index) => !results[index]?.published)
    } catch {
      // Nobody knows what was published.
    }
  }
}
