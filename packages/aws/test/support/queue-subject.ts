import type { QueueSubject, Subject } from '@plinth/core/contracts'
import { systemClock } from '@plinth/outbound'
import { createQueues } from '../../src/create-queues.ts'
import { SqsQueue } from '../../src/sqs-queue.ts'
import type { ContractPlace } from './contract-place.ts'

/** These queues. What an adapter does is at an end when only long polls are under way. */
export function queueSubject(place: ContractPlace, jobs: readonly string[]): () => Promise<Subject<QueueSubject>> {
  return async () => {
    const client = place.open().sqs
    const prefix = place.name('contract')
    await createQueues({ client, prefix }, jobs)
    let busy = 0
    const counted = async <Answer>(input: object, answer: () => Promise<Answer>): Promise<Answer> => {
      const counts = 'WaitTimeSeconds' in input && Number(input.WaitTimeSeconds) > 0 ? 0 : 1
      busy += counts
      return answer().finally(() => {
        busy -= counts
      })
    }
    client.middlewareStack.add((next) => (args) => counted(args.input, () => next(args)), { step: 'initialize' })
    return {
      port: { queue: new SqsQueue({ client, prefix, clock: systemClock }) },
      settle: async () => {
        await pause(20)
        for (let looks = 0; busy > 0 && looks < 20; looks++) await pause(5)
      },
      dispose: async () => client.destroy(),
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
