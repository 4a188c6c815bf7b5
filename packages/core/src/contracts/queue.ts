import { type ContractOptions, describeContract } from './contract.ts'
import type { QueueSubject } from './queue-bench.ts'
import { deliveryPromises } from './queue-deliveries.ts'
import { fairnessPromises } from './queue-fairness.ts'
import { leasePromises } from './queue-leases.ts'

/** The promises of {@link Queue}, one test each. They use the queues of {@link contractQueues}. */
export function describeQueueContract(adapter: string, options: ContractOptions<QueueSubject>): void {
  describeContract('Queue', adapter, options, { ...deliveryPromises, ...leasePromises, ...fairnessPromises })
}
