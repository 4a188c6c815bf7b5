import type { EventStream } from '../ports/event-stream.ts'
import { type ContractOptions, describeContract } from './contract.ts'
import { appendPromises } from './event-stream-appends.ts'
import { streamDeliveryPromises } from './event-stream-deliveries.ts'
import { streamKeepingPromises } from './event-stream-keeping.ts'

/** The promises of {@link EventStream}, one test each. */
export function describeEventStreamContract(adapter: string, options: ContractOptions<EventStream>): void {
  describeContract('EventStream', adapter, options, { ...appendPromises, ...streamDeliveryPromises, ...streamKeepingPromises })
}
