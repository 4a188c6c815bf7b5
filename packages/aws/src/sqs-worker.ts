import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { type Clock, faultOf, type Handler, type Job, jobLimits, type Log, type Outcome } from '@plinth/core'
import { deadLetterQueueName } from './environment.ts'
import { SqsDelivery } from './sqs-delivery.ts'
import { jobOf, messageOf, type ReceivedJob } from './sqs-message.ts'
import type { SqsUrls } from './sqs-urls.ts'

/** The clocks of sender and consumer may differ by so much. */
const clockDifference = 1_000

/** What all that works on SQS shares. */
export interface SqsParts {
  readonly client: SQSClient
  readonly urls: SqsUrls
  readonly prefix: string
  readonly clock: Clock
  readonly log: Log
}

/** Where a message comes from. */
export interface MessagePlace {
  readonly name: string
  readonly url: string
}

export interface TakeOptions {
  /** Whether there is a handler for it now. */
  readonly free: boolean
  /** Whether it was received for the time of a lease; else it is hidden for as long as its queue says, until the lease is taken. */
  readonly leased: boolean
}

/** What becomes of each message of one job's queues. */
export class SqsWorker {
  readonly #parts: SqsParts
  readonly #queue: string
  readonly #handle: Handler

  constructor(parts: SqsParts, queue: string, handle: Handler) {
    this.#parts = parts
    this.#queue = queue
    this.#handle = handle
  }

  /**
   * Hands a message's job to the handler and keeps its outcome. One that comes too early, or finds no free handler, goes back under
   * a new message: so it counts as no delivery. Throws only where
   * there is a lease to be taken first, and that can't be.
   * @returns whether the message is over, so that a service that delivered it may delete it too.
   */
  async take({ name, url }: MessagePlace, message: Message, options: TakeOptions): Promise<boolean> {
    const { client, urls, prefix, clock, log } = this.#parts
    const received = jobOf(message, this.#queue)
    const facts = { queue: name, message_id: message.MessageId, ...(received && { job_id: received.job.id }) }
    const cutOffs = received?.mark.cutOffs ?? 0
    const delivery = new SqsDelivery({ client, url, receipt: message.ReceiptHandle ?? '', cutOffs, clock, log, facts })
    if (!options.leased) await delivery.extend(jobLimits.leaseMilliseconds)
    if (received) await this.#work(received, delivery, options.free)
    else {
      log.error(facts, 'A message in SQS holds no job of its queue; it is put with the dead letters.')
      await delivery.bury(() => urls.of(deadLetterQueueName(prefix)), message.Body ?? '')
    }
    return delivery.over
  }

  async #work({ job, mark }: ReceivedJob, delivery: SqsDelivery, free: boolean): Promise<void> {
    const { clock, log } = this.#parts
    const now = clock.now()
    if (!free || mark.notBefore > now + clockDifference) return delivery.replace(messageOf(job, mark, now))
    const outcome = await this.#outcome(job, delivery)
    // Whoever lost the lease has nothing to say: the job is another's.
    if (delivery.signal.aborted)
      return log.warn({ queue: job.queue, job_id: job.id }, 'A job ended after its lease was lost; it runs again.')
    if (!outcome) return delivery.release()
    if (!('retryAt' in outcome)) return delivery.finish()
    const ended = clock.now()
    const notBefore = Number.isFinite(outcome.retryAt) ? outcome.retryAt : ended + jobLimits.redeliverMilliseconds
    return delivery.replace(messageOf(job, { notBefore, cutOffs: delivery.cutOffs }, ended))
  }

  /** Undefined when the handler threw. */
  async #outcome(job: Job, delivery: SqsDelivery): Promise<Outcome | undefined> {
    try {
      return await this.#handle(job, delivery)
    } catch (error) {
      const fault = faultOf(error)
      this.#parts.log.warn({ queue: job.queue, job_id: job.id, fault }, 'A handler threw; its job is delivered again.')
      return undefined
    }
  }
}
