import { UnavailableError } from '../errors.ts'
import type { AppendResult, EventStream } from '../ports/event-stream.ts'
import type { Sealing } from './sealing.ts'

/** One tenant's logs: sealed on the way in; whoever consumes them gets them opened. */
export interface Streams {
  /**
   * Appends entries to a partition, in order; each is at most 999,000 bytes, and at most 500 go in a call.
   * @returns a result for each; behind one that was refused none is kept.
   * @throws InvalidInputError, TooLargeError; UnavailableError `streams_off` where the platform has no streams, else when nobody knows
   * what was kept.
   */
  append(partition: string, entries: readonly Uint8Array[]): Promise<readonly AppendResult[]>
  /** Forgets a partition; what is on its way may still be delivered. */
  remove(partition: string): Promise<void>
}

/** Binds a tenant to the EventStream. */
export function tenantStreams(tenant: string, stream: EventStream | undefined, sealing: Sealing): Streams {
  return {
    append: async (partition, entries) => {
      if (!stream) throw new UnavailableError('streams_off', 'This Plinth was set up without streams.')
      const seal = async (data: Uint8Array) => ({ partition, data: await sealing.sealEntry(tenant, partition, data) })
      return stream.append(tenant, await Promise.all(entries.map(seal)))
    },
    remove: async (partition) => stream?.remove(tenant, partition),
  }
}
