import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { type Consumption, type Handler, jobLimits, type Lane, sleep } from '@plinth/core'
import { hostOf, lanesOf, queueName } from './environment.ts'
import { LaneShares } from './lane-shares.ts'
import { hiddenSeconds } from './sqs-delivery.ts'
import { faultFields } from './sqs-fault.ts'
import { jobNameOf, messageAttributes } from './sqs-message.ts'
import { type MessagePlace, type SqsParts, SqsWorker } from './sqs-worker.ts'

/** SQS gives no more messages at once, and waits no longer for one, in seconds. */
const mostAtOnce = 10
const longestWait = 20
/** While other lanes have work, one that was empty is looked at again after so many milliseconds. */
const emptyPause = 1_000
const firstPause = 200
const longestPause = 20_000
/** A job whose handlers are all busy may be all that is left in queues that several share: they aren't asked meanwhile, or for so long. */
const fullPause = 5_000

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

/** One job's handlers. */
interface Member {
  readonly concurrency: number
  readonly worker: SqsWorker
  /** Messages that are being handled, or are on their way back. */
  inHand: number
  readonly tasks: Set<Promise<unknown>>
}

/**
 * Takes the jobs of one host (`hostOf`) from the queues of its lanes. While any lane has something, free handlers are shared out among those
 * that may have: each is asked at once for its turns. While all are empty, all are listened to, one message each. Where that
 * brings more of a job than there are handlers for it, it goes back at once, under a new message: it counts as no delivery.
 */
export class SqsConsumption {
  readonly #parts: SqsParts
  readonly #host: string
  readonly #members = new Map<string, Member>()
  readonly #watches: readonly Watch[]
  readonly #shares = new LaneShares()
  readonly #stopping = new AbortController()
  readonly #tasks = new Set<Promise<unknown>>()
  #taking = false
  #full = false

  constructor(parts: SqsParts, host: string) {
    this.#parts = parts
    this.#host = host
    this.#watches = lanesOf(host).map((lane) => ({
      lane,
      name: queueName(parts.prefix, host, lane),
      asking: false,
      resting: false,
      pause: firstPause,
      filled: true,
      emptyAt: 0,
    }))
  }

  /** Whether all that it handled has drained. */
  get ended(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Whether it may take on the handlers of this job as well. */
  takes(job: string): boolean {
    return hostOf(job) === this.#host && !this.#members.has(job)
  }

  /**
   * Has it handle a job. The last one that drains ends the listening too: what SQS gives to a connection that was cut isn't lost, it is delivered
   * again when its lease is over.
   */
  join(job: string, concurrency: number, handle: Handler): Consumption {
    const member: Member = { concurrency, worker: new SqsWorker(this.#parts, job, handle), inHand: 0, tasks: new Set() }
    this.#members.set(job, member)
    this.#fill()
    return {
      drain: async () => {
        this.#members.delete(job)
        if (this.#members.size === 0) this.#stopping.abort()
        const tasks = this.#members.size === 0 ? this.#tasks : member.tasks
        while (tasks.size > 0) await Promise.all(tasks)
      },
    }
  }

  #fill(): void {
    if (this.#taking || this.#full || this.#stopping.signal.aborted) return
    const free = [...this.#members.values()].reduce((sum, member) => sum + Math.max(0, freeOf(member)), 0)
    if (free === 0) return
    const watches = this.#watches.filter(({ asking, resting }) => !asking && !resting)
    if (watches.some(({ filled }) => filled)) {
      const now = this.#parts.clock.now()
      // A clock may jump back.
      const worth = watches.filter(({ filled, emptyAt }) => filled || Math.abs(now - emptyAt) >= emptyPause)
      this.#track(this.#take(worth, free))
    } else for (const watch of watches) this.#track(this.#look(watch, 1, longestWait))
  }

  /** Does it, and sees then what there is to do next. */
  #track(task: Promise<unknown>, tasks: Set<Promise<unknown>> = this.#tasks): void {
    const tracked = task.finally(() => {
      this.#tasks.delete(tracked)
      tasks.delete(tracked)
      this.#fill()
    })
    this.#tasks.add(tracked)
    tasks.add(tracked)
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
      for (const message of messages) this.#hand({ name: watch.name, url }, message)
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

  #hand(place: MessagePlace, message: Message): void {
    const job = jobNameOf(message.Body ?? '')
    const member = this.#members.get(job)
    // Of another host, or no job at all: any worker knows what to do with it.
    const other = hostOf(job) === this.#host ? undefined : this.#members.values().next().value
    if (member) this.#track(this.#handle(member, place, message), member.tasks)
    else this.#track((other?.worker ?? this.#nobody(job)).take(place, message, { free: false, leased: true }))
  }

  async #handle(member: Member, place: MessagePlace, message: Message): Promise<void> {
    const free = freeOf(member) > 0
    if (!free && this.#members.size > 1) this.#pause()
    member.inHand++
    await member.worker.take(place, message, { free, leased: true })
    member.inHand--
    if (free) this.#full = false
  }

  /** Sends back what isn't worked here. */
  #nobody(job: string): SqsWorker {
    this.#pause()
    return new SqsWorker(this.#parts, job, () => Promise.reject(new Error(`Nobody works ${job} here.`)))
  }

  #pause(): void {
    if (this.#full) return
    this.#full = true
    const paused = sleep(this.#parts.clock, fullPause, this.#stopping.signal)
    this.#track(
      paused
        .catch(() => {})
        .then(() => {
          this.#full = false
        }),
    )
  }
}

function freeOf({ concurrency, inHand }: Member): number {
  return concurrency - inHand
}
