import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { type AwsEnvironment, awsPlatform, readAwsEnvironment } from '@plinth/aws'
import { LocalIssuer, type Operator } from '@plinth/core'
import { createModels } from '@plinth/models'
import { GuardedHttp, systemClock } from '@plinth/outbound'
import type { AwsClients } from '../../../packages/aws/src/clients.ts'
import type { SqsRecord } from '../../../packages/aws/src/sqs-record.ts'
import { SqsUrls } from '../../../packages/aws/src/sqs-urls.ts'
import { type Moto, motoVariables } from '../../../packages/aws/test/support/moto.ts'
import { type HandlerName, handlers } from '../../../packages/cdk/src/handlers.ts'
import { handlerOf, variablesIn } from '../../../packages/cdk/test/support/functions.ts'
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
  /** Lines of its log that CloudWatch makes metrics of. */
  readonly metrics: Readonly<Record<string, unknown>>[] = []
  readonly #path: string
  readonly #env: Readonly<Record<string, string>>
  readonly #milliseconds: number
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #process: ChildProcess | undefined
  #count = 0

  /** @param options.milliseconds that a call of it may take. */
  constructor(options: {
    readonly path: string
    readonly env: Readonly<Record<string, string>>
    readonly milliseconds: number
  }) {
    this.#path = options.path
    this.#env = options.env
    this.#milliseconds = options.milliseconds
  }

  /** @param time what it is told that it has; nobody ends it then. */
  call(event: unknown, time: number = this.#milliseconds): Promise<unknown> {
    this.#process ??= this.#start()
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process?.send({ id, event, time })
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
    const started = fork(host, [pathToFileURL(this.#path).href], {
      env: this.#env,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    })
    if (started.stdout)
      createInterface({ input: started.stdout }).on('line', (line) => {
        if (line.startsWith('{"_aws"')) this.metrics.push(JSON.parse(line))
      })
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

/** A queue from which a function is called, with so many messages at the most. */
interface Mapping {
  readonly name: HandlerName
  readonly queue: string
  readonly batchSize: number
}

/** What becomes of a template's functions. */
export interface Wiring {
  /** What each is told. */
  readonly variables: Readonly<Partial<Record<HandlerName, Readonly<Record<string, string>>>>>
  readonly mappings: readonly Mapping[]
}

export interface BundledFunctionsOptions {
  readonly moto: Moto
  readonly template: Template
  /** That of a stack that was made of the template, with its queues. @default - as the template says; queues are made */
  readonly wiring?: Wiring
  /** What `bundleHandlers` filled. */
  readonly folder: string
  /** In place of what the template says, for an emulator; undefined: left to its default. */
  readonly variables: Variables
}

type Variables = Readonly<Record<string, string | undefined>>

/** What functions are told in place of what their template says, for an emulator. */
export function emulatedVariables(endpoint: string, more: Variables): Variables {
  // The template's key isn't on the emulator; one by the usual alias is made.
  return { ...motoVariables(endpoint), PLINTH_POOLED_KEY: undefined, ...more }
}

/**
 * The functions of a template, bundled, each in a process of its own with the variables that the template gives it, on an emulator; and
 * doubles of what calls them: API Gateway, the schedule of the relay, and the event sources of the queues, as the template maps them.
 */
export class BundledFunctions {
  readonly api: RestApi
  readonly byName: Readonly<Record<HandlerName, BundledFunction>>
  /** Of the API's function, whose platform is there once it has answered. */
  readonly environment: AwsEnvironment
  readonly #clients: AwsClients
  readonly #sqs: SQSClient
  readonly #urls: SqsUrls
  readonly #mappings: readonly Mapping[]
  #isMade: boolean

  constructor({ moto, template, wiring, folder, variables }: BundledFunctionsOptions) {
    const { variables: told, mappings } = wiring ?? wiringIn(template)
    this.environment = readAwsEnvironment({ ...told.api, ...variables, PLINTH_AWS_CREATE: 'off' })
    this.#clients = moto.clients
    this.#sqs = moto.clients.sqs
    this.#urls = new SqsUrls(this.#sqs)
    this.#mappings = mappings
    this.#isMade = wiring !== undefined
    const made = (Object.keys(told) as HandlerName[]).map((name) => {
      const memory = { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${handlers[name].megabytes}` }
      const env = Object.entries({ ...told[name], ...variables, ...memory })
      const known = Object.fromEntries(env.filter((each): each is [string, string] => each[1] !== undefined))
      const path = join(folder, name, 'index.mjs')
      return [name, new BundledFunction({ path, env: known, milliseconds: handlers[name].timeoutSeconds * 1_000 })] as const
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

  /** Does what whoever runs Plinth does beside the functions, by a platform in this process. */
  async operate<Result>(use: (operator: Operator) => Promise<Result>): Promise<Result> {
    const { environment } = this
    const clock = systemClock
    const models = createModels({ model: 'scripted', clock })
    const outbound = new GuardedHttp({ clock })
    const platform = await awsPlatform({ environment, clock, outbound, models, jobs: [], clients: this.#clients })
    try {
      return await use(platform.operate())
    } finally {
      await platform.close()
    }
  }

  /** For an hour, of somebody who may do everything. */
  tokenOf(tenant: string): Promise<string> {
    return this.operate(async (operator) => {
      const issuer = await LocalIssuer.open(operator)
      return issuer.sign({ tenant, user: 'ada', permissions: ['*'], lifetime: 3_600 })
    })
  }

  /** What a minute brings: the relay is called, and each queue's function with what lies in the queue. @returns how many messages there were. */
  async work(): Promise<number> {
    await this.makeQueues()
    await this.byName.relay.call({})
    let count = 0
    for (const { name, queue, batchSize } of this.#mappings) count += await this.#poll(name, queue, batchSize)
    return count
  }

  /** Those of jobs Plinth makes; one without a name of its own CloudFormation would make. */
  async makeQueues(): Promise<void> {
    if (this.#isMade) return
    this.#isMade = true
    for (const { queue } of this.#mappings)
      if (!queue.startsWith('plinth-')) await this.#sqs.send(new CreateQueueCommand({ QueueName: queue }))
  }

  /** The queue from which a function is called; the first one. */
  queueOf(name: HandlerName): string {
    return this.#mappings.find((mapping) => mapping.name === name)?.queue ?? ''
  }

  /** Messages of a queue as Lambda hands them over. */
  async receive(queue: string, most: number): Promise<readonly SqsRecord[]> {
    const all = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] }
    const command = new ReceiveMessageCommand({ QueueUrl: await this.urlOf(queue), MaxNumberOfMessages: most, ...all })
    const { Messages = [] } = await this.#sqs.send(command)
    return Messages.map((message) => recordOf(message, queue))
  }

  /** What this process took from a queue and didn't end, lies there again: as when its lease is over. */
  async giveBack(queue: string, records: readonly SqsRecord[]): Promise<void> {
    const QueueUrl = await this.urlOf(queue)
    for (const { receiptHandle: ReceiptHandle } of records)
      await this.#sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }))
  }

  urlOf(queue: string): Promise<string> {
    return this.#urls.of(queue)
  }

  stop(): void {
    for (const each of Object.values(this.byName)) each.stop()
  }

  /** As an event source does: what the function doesn't name as failed is deleted. */
  async #poll(name: HandlerName, queue: string, most: number): Promise<number> {
    const Records = await this.receive(queue, most)
    if (Records.length === 0) return 0
    const { batchItemFailures } = (await this.byName[name].call({ Records })) as Batch
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    const QueueUrl = await this.urlOf(queue)
    for (const { messageId, receiptHandle: ReceiptHandle } of Records)
      if (!failed.has(messageId))
        // The worker deleted it already, which moto doesn't take twice.
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })).catch(() => {})
    return Records.length
  }
}

/** As the template says it, with names that CloudFormation could make. */
function wiringIn(template: Template): Wiring {
  const named = ofType(template, 'AWS::Lambda::Function').flatMap(([id]) => handlerOf(id) ?? [])
  const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping')
    .filter(([, mapping]) => 'ScalingConfig' in mapping)
    .map(([, { FunctionName, EventSourceArn, BatchSize }]) => {
      const { Ref: id } = FunctionName as { Ref: string }
      const name = handlerOf(id)
      if (!name) throw new Error(`Nobody knows the function ${id}.`)
      const queue = resolved(template, EventSourceArn).split(':').at(-1) ?? ''
      return { name, queue, batchSize: Number(BatchSize) }
    })
  return { variables: Object.fromEntries(named.map((name) => [name, variablesIn(template, name)])), mappings }
}

function recordOf({ MessageId = '', ReceiptHandle = '', Body = '', ...message }: Message, queue: string): SqsRecord {
  const attributes = Object.entries(message.MessageAttributes ?? {})
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      attributes.map(([name, { StringValue = '', DataType = '' }]) => [name, { stringValue: StringValue, dataType: DataType }]),
    ),
    eventSourceARN: `arn:aws:sqs:us-east-1:123456789012:${queue}`,
  }
}
