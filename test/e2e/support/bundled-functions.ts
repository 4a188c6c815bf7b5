import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import type { Moto } from '../../../packages/aws/test/support/moto.ts'
import { type HandlerName, handlerNames, handlers } from '../../../packages/cdk/src/handlers.ts'
import { resolved } from '../../../packages/cdk/test/support/intrinsics.ts'
import { type Functions, RestApi } from '../../../packages/cdk/test/support/rest-api.ts'
import { ofType, type Template } from '../../../packages/cdk/test/support/synthesised.ts'

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

interface Batch {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** A function of a template in a process of its own, which begins with the first event and ends with `stop`. */
class BundledFunction {
  readonly #path: string
  readonly #env: Readonly<Record<string, string>>
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #process: ChildProcess | undefined
  #count = 0

  constructor(path: string, env: Readonly<Record<string, string>>) {
    this.#path = path
    this.#env = env
  }

  call(event: unknown): Promise<unknown> {
    this.#process ??= this.#start()
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process?.send({ id, event })
    })
  }

  /** Ends it at once, whatever it does: its calls fail. */
  stop(): void {
    this.#process?.kill('SIGKILL')
    this.#process = undefined
    for (const { reject } of this.#waiting.values()) reject(new Error('The function was ended.'))
    this.#waiting.clear()
  }

  #start(): ChildProcess {
    const host = join(import.meta.dirname, 'function-host.ts')
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const
    const started = fork(host, [pathToFileURL(this.#path).href], { env: this.#env, execArgv: [], stdio: [...stdio] })
    started.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(error))
    })
    started.on('exit', () => {
      if (started === this.#process) this.stop()
    })
    return started
  }
}

export interface BundledFunctionsOptions {
  readonly moto: Moto
  readonly template: Template
  /** What `bundleHandlers` filled. */
  readonly folder: string
  /** In place of what the template says, for an emulator; undefined: left to its default. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/**
 * The functions of a template, bundled, each in a process of its own with the variables that the template gives it, on an emulator; and
 * doubles of what calls them: API Gateway, the schedule of the relay, and the event sources of the queues, as the template maps them.
 */
export class BundledFunctions {
  readonly api: RestApi
  readonly byName: Readonly<Record<HandlerName, BundledFunction>>
  readonly #moto: Moto
  readonly #template: Template

  constructor({ moto, template, folder, variables }: BundledFunctionsOptions) {
    this.#moto = moto
    this.#template = template
    const made = handlerNames.flatMap((name) => {
      const environment = environmentOf(template, name)
      if (!environment) return []
      const env = Object.entries({ ...environment, ...variables, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${handlers[name].megabytes}` })
      const known = Object.fromEntries(env.filter((each): each is [string, string] => each[1] !== undefined))
      return [[name, new BundledFunction(join(folder, name, 'index.mjs'), known)] as const]
    })
    this.byName = Object.fromEntries(made) as Record<HandlerName, BundledFunction>
    const { api, authorizer } = this.byName
    const functions = {
      authorizer: (event: never) => authorizer.call(event),
      api: async (event: never, response: Writable) => {
        response.end(Buffer.from(String(await api.call(event)), 'base64'))
      },
    }
    this.api = new RestApi(template, functions as unknown as Functions)
  }

  /** What a minute brings: the relay is called, and each queue's function with what lies in the queue. @returns how many messages there were. */
  async work(): Promise<number> {
    await this.byName.relay.call({})
    let count = 0
    for (const { name, queue, batchSize } of this.mappings()) count += await this.#poll(name, queue, batchSize)
    return count
  }

  /** Which function is called for which queue, and with how many messages at the most. */
  mappings(): readonly { readonly name: HandlerName; readonly queue: string; readonly batchSize: number }[] {
    return ofType(this.#template, 'AWS::Lambda::EventSourceMapping')
      .filter(([, mapping]) => 'ScalingConfig' in mapping)
      .map(([, { FunctionName, EventSourceArn, BatchSize }]) => {
        const { Ref: id } = FunctionName as { Ref: string }
        const name = handlerNames.find((each) => isOf(id, each))
        if (!name) throw new Error(`Nobody knows the function ${id}.`)
        const queue = resolved(this.#template, EventSourceArn).split(':').at(-1) ?? ''
        return { name, queue, batchSize: Number(BatchSize) }
      })
  }

  /** Messages of a queue as Lambda hands them over. */
  async receive(queue: string, most: number): Promise<readonly object[]> {
    const messages = await this.#receive(queue, most)
    return messages.map((message) => recordOf(message, queue))
  }

  /** What this process took from a queue and didn't end, lies there again: as when its lease is over. */
  async giveBack(queue: string, records: readonly object[]): Promise<void> {
    for (const { receiptHandle: ReceiptHandle } of records as readonly { receiptHandle: string }[])
      await this.#moto.clients.sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: await this.#urlOf(queue), ReceiptHandle, VisibilityTimeout: 0 }),
      )
  }

  stop(): void {
    for (const each of Object.values(this.byName)) each.stop()
  }

  /** As an event source does: what the function doesn't name as failed is deleted. */
  async #poll(name: HandlerName, queue: string, most: number): Promise<number> {
    const messages = await this.#receive(queue, most)
    if (messages.length === 0) return 0
    const event = { Records: messages.map((message) => recordOf(message, queue)) }
    const { batchItemFailures } = (await this.byName[name].call(event)) as Batch
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { MessageId = '', ReceiptHandle } of messages)
      if (!failed.has(MessageId))
        // The worker deleted it already, which moto doesn't take twice.
        await this.#moto.clients.sqs
          .send(new DeleteMessageCommand({ QueueUrl: await this.#urlOf(queue), ReceiptHandle }))
          .catch(() => {})
    return messages.length
  }

  async #receive(queue: string, most: number): Promise<readonly Message[]> {
    const all = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] }
    const command = new ReceiveMessageCommand({ QueueUrl: await this.#urlOf(queue), MaxNumberOfMessages: most, ...all })
    return (await this.#moto.clients.sqs.send(command)).Messages ?? []
  }

  async #urlOf(queue: string): Promise<string | undefined> {
    return (await this.#moto.clients.sqs.send(new GetQueueUrlCommand({ QueueName: queue }))).QueueUrl
  }
}

const isOf = (id: string, name: HandlerName): boolean => id.includes(`Functions${name.replaceAll('-', '')}`)

/** What a template tells a function; undefined where it has none of that name. */
export function environmentOf(template: Template, name: HandlerName): Readonly<Record<string, string>> | undefined {
  const [, found] = ofType(template, 'AWS::Lambda::Function').find(([id]) => isOf(id, name)) ?? []
  if (!found) return undefined
  const { Variables } = found.Environment as { Variables: Readonly<Record<string, unknown>> }
  return Object.fromEntries(Object.entries(Variables).map(([variable, value]) => [variable, resolved(template, value)]))
}

function recordOf(message: Message, queue: string): object {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue, DataType }]) => [
        name,
        { stringValue: StringValue, dataType: DataType },
      ]),
    ),
    eventSourceARN: `arn:aws:sqs:us-east-1:123456789012:${queue}`,
  }
}
