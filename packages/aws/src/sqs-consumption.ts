import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { type Consumption, type Handler, jobLimits, type Lane, sleep } from '@plinth/core'
import { lanesOf, queueName } from './environment.ts'
import { LaneShares } from './lane-shares.ts'
import { hiddenSeconds } from './sqs-delivery.ts'
import { faultFields } from './sqs-fault.ts'
import { messageAttributes } from './sqs-message.ts'
import { type MessagePlace, type SqsParts, SqsWorker } from './sqs-worker.ts'

/** SQS gives no more messages at once, and waits no longer for one, in seconds. */
const mostAtOnce = 10
const longestWait = 20
/** While other lanes have work, one that was empty is looked at again after so many milliseconds. */
const emptyPause = 1_000
const firstPause = 200
const longestPause = 20_000

/** What is known of a lane's queue. */
interface Watch {
  readonly lane: Lane
  readonly name: string
  /** SQS is being asked. */
  asking: boolean
  /** After a fault. */
  resting: boolean
  pause: number
  /** There may be something: the last look found some, or there was none yet. */
  filled: boolean
  emptyAt: number
}

/**
 * Takes the jobs of one name from the queues of its lanes. While any lane has something, free handlers are shared out among those
 * that may have: each is asked at once for its turns. While all are empty, all are listened to, one message each. Where that
 * brings more than there are handlers, a job goes back at once, under a new message: it counts as no delivery.
 */
export class SqsConsumption implements Consumption {
  readonly #parts: SqsParts
  readonly #concurrency: number
  readonly #worker: SqsWorker
  readonly #watches: readonly Watch[]
  readonly #shares = new LaneShares()
  readonly #stopping = new AbortController()
  readonly #tasks = new Set<Promise<unknown>>()
  /** Messages that are being handled, or are on their way back. */
  #inHand = 0
  #taking = false

  constructor(parts: SqsParts, queue: string, concurrency: number, handle: Handler) {
    this.#parts = parts
    this.#concurrency = concurrency
    this.#worker = new SqsWorker(parts, queue, handle)
    this.#watches = lanesOf(queue).map((lane) => ({
      lane,
      name: queueName(parts.prefix, queue, lane),
      asking: false,
      resting: false,
      pause: firstPause,
      filled: true,
      emptyAt: 0,
    }))
    this.#fill()
  }

  /**
   * Ends the listening too. What SQS gives to a connection that was cut isn't lost: it is delivered again when its lease is over.
   */
  async drain(): Promise<void> {
    this.#stopping.abort()
    while (this.#tasks.size > 0) await Promise.all(this.#tasks)
  }

  #fill(): void {
    const free = this.#concurrency - this.#inHand
    if (free <= 0 || this.#taking || this.#stopping.signal.aborted) return
    const watches = this.#watches.filter(({ asking, resting }) => !asking && !resting)
    if (watches.some(({ filled }) => filled)) {
      const now = this.#parts.clock.now()
      // A clock may jump back.
      const worth = watches.filter(({ filled, emptyAt }) => filled || Math.abs(now - emptyAt) >= emptyPause)
      this.#track(this.#take(worth, free))
    } else for (const watch of watches) this.#track(this.#look(watch, 1, longestWait))
  }

  /** Does it, and sees then what there is to do next. */
  #track(task: Promise<unknown>): void {
    const tracked = task.finally(() => {
      this.#tasks.delete(tracked)
      this.#fill()
    })
    this.#tasks.add(tracked)
  }

  async #take(watches: readonly Watch[], free: number): Promise<void> {
    this.#taking = true
    const lanes = watches.map(({ lane }) => lane)
    const given = this.#shares.give(lanes, free)
    const looks = watches.map(async (watch) => {
      const turns = given.get(watch.lane) ?? 0
      const used = turns > 0 ? await this.#look(watch, Math.min(turns, mostAtOnce), 0) : 0
      this.#shares.takeBack(lanes, watch.lane, turns - used)
    })
    await Promise.all(looks)
    this.#taking = false
  }

  /** Asks a lane for messages and hands them out. @returns how many there were. */
  async #look(watch: Watch, most: number, seconds: number): Promise<number> {
    watch.asking = true
    try {
      const url = await this.#parts.urls.of(watch.name)
      const messages = await this.#receive(url, most, seconds)
      watch.pause = firstPause
      watch.filled = messages.length > 0
      watch.emptyAt = this.#parts.clock.now()
      for (const message of messages) this.#track(this.#hand({ name: watch.name, url }, message))
      return messages.length
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#rest(watch, error)
      return 0
    } finally {
      watch.asking = false
    }
  }

  async #receive(url: string, most: number, seconds: number): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: seconds,
      VisibilityTimeout: hiddenSeconds(jobLimits.leaseMilliseconds),
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      MessageAttributeNames: messageAttributes,
    })
    const { Messages = [] } = await this.#parts.client.send(command, { abortSignal: this.#stopping.signal })
    return Messages
  }

  #rest(watch: Watch, error: unknown): void {
    const { clock, log } = this.#parts
    // Once when it begins, and then now and then: an outage meets every queue.
    if (watch.pause === firstPause || watch.pause === longestPause)
      log.warn({ queue: watch.name, ...faultFields(error) }, 'An SQS queue could not be asked for jobs; it is asked again soon.')
    watch.resting = true
    const rested = sleep(clock, watch.pause * (0.5 + clock.random() / 2), this.#stopping.signal)
    watch.pause = Math.min(watch.pause * 2, longestPause)
    this.#track(
      rested
        .catch(() => {})
        .then(() => {
          watch.resting = false
        }),
    )
  }

  async #hand(place: MessagePlace, message: Message): Promise<void> {
    const free = this.#inHand < this.#concurrency && !this.#stopping.signal.aborted
    this.#inHand++
    await this.#worker.take(place, message, { free, leased: true })
    this.#inHand--
  }
}
