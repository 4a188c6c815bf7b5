import { ChangeMessageVisibilityCommand, DeleteMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { type Clock, jobLimits, type Lease, type Log, type LogFields, sleep, type Timer, UnavailableError } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'
import { faultFields } from './sqs-fault.ts'
import type { SentMessage } from './sqs-message.ts'

const firstPause = 200
const longestPause = 4_000
/** SQS hides a message for 12 hours at most, in seconds. */
const longestHidden = 12 * 60 * 60

/** What SQS answers when a message is gone, or can't be held any longer. */
const lost = ['ReceiptHandleIsInvalid', 'MessageNotInflight', 'InvalidParameterValue', 'InvalidParameterValueException']

/** How long SQS hides a message, in seconds: one more than the lease, so that a signal fires before another worker has the job. */
export function hiddenSeconds(leaseMilliseconds: number): number {
  return Math.min(longestHidden, Math.ceil(leaseMilliseconds / 1_000) + 1)
}

/**
 * A message in the hands of this process. It is to end in one of four ways: finish, replace, bury, release. What SQS can't do now is
 * tried until the lease runs out; then another delivery will end it. None of the four throws.
 */
export class SqsDelivery implements Lease {
  readonly cutOffs: number
  readonly #client: SQSClient
  readonly #message: { readonly QueueUrl: string; readonly ReceiptHandle: string }
  readonly #clock: Clock
  readonly #log: Log
  readonly #facts: LogFields
  readonly #controller = new AbortController()
  #timer: Timer
  #ended = false
  #over = false

  /** @param parts.facts what the log says of it. */
  constructor(parts: {
    readonly client: SQSClient
    readonly url: string
    readonly receipt: string
    readonly cutOffs: number
    readonly clock: Clock
    readonly log: Log
    readonly facts: LogFields
  }) {
    this.cutOffs = parts.cutOffs
    this.#client = parts.client
    this.#message = { QueueUrl: parts.url, ReceiptHandle: parts.receipt }
    this.#clock = parts.clock
    this.#log = parts.log
    this.#facts = parts.facts
    this.#timer = this.#loseAfter(jobLimits.leaseMilliseconds)
  }

  /** Whether the message may be deleted, by whoever delivered it: its job has ended, or stands in another message. */
  get over(): boolean {
    return this.#over
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  async extend(milliseconds: number): Promise<void> {
    this.signal.throwIfAborted()
    // From now, since nobody knows when SQS begins to count.
    const renewed = this.#loseAfter(milliseconds)
    try {
      await this.#hide(hiddenSeconds(milliseconds))
    } catch (error) {
      renewed.cancel()
      if (isFault(error, ...lost)) this.#lose()
      this.signal.throwIfAborted()
      throw unavailable(error, 'sqs:ChangeMessageVisibility')
    }
    this.#timer.cancel()
    this.#timer = renewed
    if (this.#ended || this.signal.aborted) renewed.cancel()
    this.signal.throwIfAborted()
  }

  /** The job is over. */
  async finish(): Promise<void> {
    this.#over = await this.#keep(() => this.#delete())
    this.#end()
  }

  /** Another message takes its place. Sent first: a process that dies in between leaves two, never none. */
  async replace(message: SentMessage): Promise<void> {
    this.#over = await this.#keep(() => this.#send(this.#message.QueueUrl, message))
    if (this.#over) await this.#keep(() => this.#delete())
    this.#end()
  }

  /** It holds no job: it goes where someone can look at it, now or when it comes again. */
  async bury(deadLetterUrl: () => Promise<string>, body: string): Promise<void> {
    try {
      await this.#send(await deadLetterUrl(), { MessageBody: body })
      this.#over = true
      await this.#delete()
    } catch (error) {
      this.#log.warn({ ...this.#facts, ...faultFields(error) }, 'A message could not be put with the dead letters yet.')
    }
    this.#end()
  }

  /** It is delivered again soon, as one that ended without an outcome. */
  async release(): Promise<void> {
    await this.#keep(() => this.#hide(Math.ceil(jobLimits.redeliverMilliseconds / 1_000)))
    this.#end()
  }

  #send(url: string, message: SentMessage): Promise<unknown> {
    return this.#client.send(new SendMessageCommand({ QueueUrl: url, ...message }), { abortSignal: this.signal })
  }

  #delete(): Promise<unknown> {
    return this.#client.send(new DeleteMessageCommand(this.#message), { abortSignal: this.signal })
  }

  #hide(seconds: number): Promise<unknown> {
    return this.#client.send(new ChangeMessageVisibilityCommand({ ...this.#message, VisibilityTimeout: seconds }))
  }

  /** Tries until it is done or the lease is over. */
  async #keep(step: () => Promise<unknown>): Promise<boolean> {
    for (let pause = firstPause; !this.signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        await step()
        return true
      } catch (error) {
        if (isFault(error, ...lost)) this.#lose()
        this.#log.warn({ ...this.#facts, ...faultFields(error) }, 'What became of a job could not be kept in SQS yet.')
        await sleep(this.#clock, pause * (0.5 + this.#clock.random() / 2), this.signal).catch(() => {})
      }
    }
    return false
  }

  #end(): void {
    this.#ended = true
    this.#timer.cancel()
  }

  #loseAfter(milliseconds: number): Timer {
    return this.#clock.setTimer(milliseconds, () => this.#lose())
  }

  #lose(): void {
    this.#controller.abort(new UnavailableError('lease_lost', 'The lease on this job was lost.'))
  }
}
