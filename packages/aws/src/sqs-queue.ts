import { type Message, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import {
  type Clock,
  type Consumption,
  checkConcurrency,
  type Handler,
  type Job,
  jobRefusal,
  type Log,
  type Queue,
  type SendResult,
  silentLog,
} from '@plinth/core'
import { unavailable } from './aws-fault.ts'
import { hostOf, queueName } from './environment.ts'
import { SqsConsumption } from './sqs-consumption.ts'
import { faultFields } from './sqs-fault.ts'
import { messageOf } from './sqs-message.ts'
import { SqsUrls } from './sqs-urls.ts'
import { type SqsParts, SqsWorker } from './sqs-worker.ts'

/** SQS takes ten messages at once, and 1 MiB: six times what ten of the largest jobs have. */
const batchLength = 10

/** A job and where it stands among those that are sent. */
interface Entry {
  readonly job: Job
  readonly index: number
}

/**
 * Queue on SQS: standard queues, one a lane, for each job or for several ({@link hostOf}). They must be there (`createQueues`).
 *
 * A job is one message, and every outcome deletes it; retryAt sends another first. So a message that was received before was cut
 * off then, and SQS counts that for us. Tenants of a lane get their turns by SQS's fair queues, which know no weights.
 */
export class SqsQueue implements Queue {
  readonly #parts: SqsParts
  #consumptions: readonly SqsConsumption[] = []

  /** @param options.prefix begins the names of all queues. */
  constructor(options: { readonly client: SQSClient; readonly prefix: string; readonly clock: Clock; readonly log?: Log }) {
    this.#parts = { log: silentLog, ...options, urls: new SqsUrls(options.client) }
  }

  async send(jobs: readonly Job[]): Promise<readonly SendResult[]> {
    const now = this.#parts.clock.now()
    const results = jobs.map((job): SendResult => {
      const code = jobRefusal(job, now)
      return code === undefined ? { sent: true } : { sent: false, code }
    })
    const good = jobs.map((job, index): Entry => ({ job, index })).filter(({ index }) => results[index]?.sent)
    const queues = Map.groupBy(good, ({ job }) => queueName(this.#parts.prefix, job.queue, job.lane))
    const sending = [...queues].flatMap(([name, entries]) =>
      batchesOf(entries).map(async (batch) => {
        const sent = await this.#sendBatch(name, batch, now)
        for (const [place, { index }] of batch.entries()) results[index] = sent(place)
      }),
    )
    await Promise.all(sending)
    return results
  }

  consume(queue: string, options: { readonly concurrency: number }, handle: Handler): Consumption {
    checkConcurrency(options.concurrency)
    const open = this.#consumptions.filter((consumption) => !consumption.ended)
    const joined = open.find((consumption) => consumption.takes(queue)) ?? new SqsConsumption(this.#parts, hostOf(queue))
    this.#consumptions = [...new Set([...open, joined])]
    return joined.join(queue, options.concurrency, handle)
  }

  /**
   * Works on one message that a service brought, instead of listening for it.
   * @param name of the SQS queue that it lay in.
   * @param queue of its job.
   * @returns whether it is over, so that the service may delete it.
   */
  async work(name: string, queue: string, message: Message, handle: Handler): Promise<boolean> {
    const url = await this.#parts.urls.of(name)
    return new SqsWorker(this.#parts, queue, handle).take({ name, url }, message, { free: true, leased: false })
  }

  /** Never throws. @returns what became of the job at a place in the batch. */
  async #sendBatch(name: string, batch: readonly Entry[], now: number): Promise<(place: number) => SendResult> {
    const { client, urls, log } = this.#parts
    try {
      const Entries = batch.map(({ job }, place) => ({ Id: String(place), ...messageOf(job, {}, now) }))
      const { Successful = [], Failed = [] } = await client.send(
        new SendMessageBatchCommand({ QueueUrl: await urls.of(name), Entries }),
      )
      if (Failed.length > 0)
        log.warn({ queue: name, faults: Failed.map(({ Code }) => Code) }, 'SQS did not take every job of a batch.')
      const sent = new Set(Successful.map(({ Id }) => Id))
      return (place) => (sent.has(String(place)) ? { sent: true } : { sent: false, code: 'aws_unavailable' })
    } catch (error) {
      const { code } = unavailable(error, 'sqs:SendMessageBatch')
      log.warn({ queue: name, ...faultFields(error) }, 'SQS could not take a batch of jobs.')
      return () => ({ sent: false, code })
    }
  }
}

function batchesOf(entries: readonly Entry[]): Entry[][] {
  return Array.from({ length: Math.ceil(entries.length / batchLength) }, (_, index) =>
    entries.slice(index * batchLength, (index + 1) * batchLength),
  )
}
