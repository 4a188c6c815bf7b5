import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Clock } from '@plinth/core'
import type { SentMessage } from '../../src/sqs-message.ts'

interface Stored {
  readonly id: string
  readonly sent: SentMessage
  visibleAt: number
  received: number
  receipt: string
}

/** A receive that waits. */
interface Waiting {
  readonly most: number
  readonly seconds: number
  readonly answer: (messages: Message[]) => void
}

interface Line {
  readonly stored: Set<Stored>
  readonly waiting: Set<Waiting>
}

/** The few commands of SQS that SqsQueue uses, on a clock that tests move: for what takes minutes on any other. Every queue is there. */
export class SimulatedSqs {
  /** Every command that was answered or refused, by its name and its queue. */
  readonly asked: string[] = []
  /** Refuses what it returns an error for. */
  refuse: (command: string, queue: string) => Error | undefined = () => undefined
  readonly #clock: Clock
  readonly #lines = new Map<string, Line>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A client of its own. `cut` is what the death of its process does: nothing comes back any more, nothing is asked any more. */
  connect(): { readonly client: SQSClient; cut(): void } {
    const cutting = new AbortController()
    const send = async (command: object, options: { readonly abortSignal?: AbortSignal } = {}): Promise<unknown> => {
      const answer = cutting.signal.aborted
        ? undefined
        : await this.#answer(command, [cutting.signal, ...(options.abortSignal ? [options.abortSignal] : [])])
      return cutting.signal.aborted ? new Promise(() => {}) : answer
    }
    return { client: { send } as unknown as SQSClient, cut: () => cutting.abort() }
  }

  /** What waits in a queue, or is hidden there. */
  bodies(queue: string): string[] {
    return [...this.#line(queue).stored].map(({ sent }) => sent.MessageBody ?? '')
  }

  put(queue: string, sent: SentMessage): void {
    const delay = (sent.DelaySeconds ?? 0) * 1_000
    const line = this.#line(queue)
    line.stored.add({ id: `message-${++this.#count}`, sent, visibleAt: this.#clock.now() + delay, received: 0, receipt: '' })
    this.#later(line, delay)
  }

  async #answer(command: object, signals: readonly AbortSignal[]): Promise<unknown> {
    const { input } = command as { readonly input: { readonly QueueUrl?: string; readonly QueueName?: string } }
    const queue = input.QueueName ?? input.QueueUrl?.split('/').at(-1) ?? ''
    const name = command.constructor.name.replace('Command', '')
    this.asked.push(`${name} ${queue}`)
    await undefined
    const refusal = this.refuse(name, queue)
    if (refusal) throw refusal
    if (command instanceof GetQueueUrlCommand) return { QueueUrl: `https://sqs.test/1/${queue}` }
    if (command instanceof SendMessageCommand) return this.put(queue, command.input)
    if (command instanceof SendMessageBatchCommand) {
      const { Entries = [] } = command.input
      for (const entry of Entries) this.put(queue, entry)
      return { Successful: Entries.map(({ Id }) => ({ Id })) }
    }
    if (command instanceof ReceiveMessageCommand) return { Messages: await this.#receive(this.#line(queue), command, signals) }
    if (command instanceof DeleteMessageCommand) return this.#delete(this.#line(queue), command.input.ReceiptHandle)
    if (command instanceof ChangeMessageVisibilityCommand) return this.#hide(this.#line(queue), command.input)
    throw new Error(`The simulated SQS knows no ${name}.`)
  }

  #receive(line: Line, { input }: ReceiveMessageCommand, signals: readonly AbortSignal[]): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      const end = (messages: Message[]): void => {
        deadline.cancel()
        line.waiting.delete(waiting)
        resolve(messages)
      }
      const waiting = { most: input.MaxNumberOfMessages ?? 1, seconds: input.VisibilityTimeout ?? 30, answer: end }
      const deadline = this.#clock.setTimer((input.WaitTimeSeconds ?? 0) * 1_000, () => end([]))
      for (const signal of signals) {
        signal.addEventListener('abort', () => {
          end([])
          reject(errorNamed('AbortError'))
        })
      }
      line.waiting.add(waiting)
      this.#serve(line)
    })
  }

  #serve(line: Line): void {
    const now = this.#clock.now()
    for (const waiting of line.waiting) {
      const found = [...line.stored].filter(({ visibleAt }) => visibleAt <= now).slice(0, waiting.most)
      if (found.length === 0) return
      waiting.answer(
        found.map((stored) => {
          stored.received++
          stored.receipt = `receipt-${++this.#count}`
          stored.visibleAt = now + waiting.seconds * 1_000
          this.#later(line, waiting.seconds * 1_000)
          return messageOf(stored)
        }),
      )
    }
  }

  /** With a receipt that isn't the last, SQS says yes and may do nothing. */
  #delete(line: Line, receipt: string | undefined): void {
    for (const stored of line.stored) if (stored.receipt === receipt) line.stored.delete(stored)
  }

  #hide(line: Line, input: ChangeMessageVisibilityCommand['input']): void {
    const stored = [...line.stored].find(({ receipt }) => receipt === input.ReceiptHandle)
    if (!stored || stored.visibleAt <= this.#clock.now()) throw errorNamed('InvalidParameterValue')
    const milliseconds = (input.VisibilityTimeout ?? 0) * 1_000
    stored.visibleAt = this.#clock.now() + milliseconds
    this.#later(line, milliseconds)
  }

  #later(line: Line, milliseconds: number): void {
    if (milliseconds <= 0) this.#serve(line)
    else this.#clock.setTimer(milliseconds, () => this.#serve(line))
  }

  #line(queue: string): Line {
    const line = this.#lines.get(queue) ?? { stored: new Set<Stored>(), waiting: new Set<Waiting>() }
    this.#lines.set(queue, line)
    return line
  }
}

/** An error of the SDK, as far as its name goes. */
export function errorNamed(name: string): Error {
  return Object.assign(new Error('What SQS says of it.'), { name })
}

function messageOf({ id, sent, received, receipt }: Stored): Message {
  return {
    MessageId: id,
    ReceiptHandle: receipt,
    Attributes: { ApproximateReceiveCount: String(received) },
    ...(sent.MessageBody === undefined ? {} : { Body: sent.MessageBody }),
    ...(sent.MessageAttributes ? { MessageAttributes: sent.MessageAttributes } : {}),
  }
}
