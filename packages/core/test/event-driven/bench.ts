import type { GenaiRequest } from '../../src/event-driven/accept.ts'
import { getRequest } from '../../src/event-driven/manage.ts'
import { backlogPlace, backlogs, type RequestFields } from '../../src/event-driven/requests.ts'
import {
  type Caller,
  type DocumentReader,
  LocalIssuer,
  type ModelLimits,
  patterns,
  processGenaiRequest,
  Relay,
  type Scope,
  type ServerEvent,
  type StoredEvent,
  silentLog,
  TenantRegistry,
  type ToolSource,
  WorkerHost,
} from '../../src/index.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import {
  type HostileOptions,
  type MemoryPlatform,
  memoryPlatform,
  type Script,
  type ScriptedModels,
  scriptedModels,
} from '../../src/testing/index.ts'

/** A whole Plinth in memory, with two tenants, worked by hand: nothing moves until `pass`. */
export class EventBench {
  readonly memory: MemoryPlatform
  readonly models: ScriptedModels
  readonly #authenticator: Authenticator
  readonly #issuer: LocalIssuer
  readonly registry: TenantRegistry
  #host: WorkerHost | undefined
  #relay: Relay | undefined

  private constructor(memory: MemoryPlatform, models: ScriptedModels, issuer: LocalIssuer, registry: TenantRegistry) {
    this.memory = memory
    this.models = models
    this.#issuer = issuer
    this.registry = registry
    this.#authenticator = new Authenticator({ registry, issuer, clock: memory.clock })
  }

  static async open(
    script: Script,
    options: {
      readonly hostile?: Partial<HostileOptions>
      readonly worker?: boolean
      readonly limits?: ModelLimits
      readonly reader?: DocumentReader
      readonly tools?: ToolSource
    } = {},
  ): Promise<EventBench> {
    const models = scriptedModels(script)
    const memory = memoryPlatform({
      models,
      ...(options.limits ? { limits: options.limits } : {}),
      ...(options.reader ? { reader: options.reader } : {}),
      ...(options.tools ? { tools: options.tools } : {}),
    })
    const operator = memory.platform.operate()
    const registry = new TenantRegistry(operator)
    await registry.ensure('alpha', 'Alpha')
    await registry.ensure('beta', 'Beta')
    const bench = new EventBench(memory, models, await LocalIssuer.open(operator), registry)
    if (options.hostile) memory.hostile.set(options.hostile)
    if (options.worker ?? true) bench.start()
    return bench
  }

  start(): void {
    const { platform } = this.memory
    this.#relay = new Relay({ operator: platform.operate(), log: silentLog })
    this.#host = new WorkerHost({ platform, patterns, log: silentLog })
  }

  async stop(): Promise<void> {
    const drained = this.#host?.drain()
    await this.pass(1_000)
    await drained
    await this.#relay?.stop()
  }

  async caller(tenant = 'alpha', user = 'ada'): Promise<Caller> {
    const token = await this.#issuer.sign({ tenant, user, permissions: ['*'], lifetime: 86_400 * 365 })
    return this.#authenticator.authenticate(`Bearer ${token}`, `correlation-of-${user}`)
  }

  async scope(tenant = 'alpha', user = 'ada'): Promise<Scope> {
    return this.memory.platform.scope(await this.caller(tenant, user))
  }

  /** Accepts a request of tenant alpha. */
  async submit(
    request: Partial<GenaiRequest> = {},
    options: { idempotencyKey?: string; backlogLimit?: number } = {},
  ): Promise<string> {
    const acknowledgement = await processGenaiRequest(await this.scope(), { prompt: 'What is a queue?', ...request }, options)
    return acknowledgement.request_id
  }

  /** Time passes, in small steps, so that what one timer starts is seen by the next. */
  async pass(milliseconds: number, step = 1_000): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step)
      await this.memory.clock.advance(Math.min(step, milliseconds - passed))
    await this.memory.clock.advance(0)
  }

  async fields(requestId: string, tenant = 'alpha'): Promise<RequestFields> {
    return (await getRequest(await this.scope(tenant), requestId)).fields
  }

  async result(requestId: string): Promise<string | undefined> {
    return (await getRequest(await this.scope(), requestId)).open('result')
  }

  async events(type?: string): Promise<readonly StoredEvent[]> {
    return (await this.scope()).state.events({ after: 0, limit: 1_000, ...(type === undefined ? {} : { type }) })
  }

  async backlog(): Promise<number> {
    return (await (await this.scope()).state.get(backlogs, backlogPlace))?.fields.requests ?? 0
  }
}

/** Reads a stream while time passes, until it ends or has given so many. */
export async function read(bench: EventBench, stream: AsyncIterable<ServerEvent>, most: number): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  let ended = false
  const reading = (async () => {
    for await (const event of stream) if (events.push(event) === most) break
    ended = true
  })()
  for (let turn = 0; turn < 200 && !ended; turn++) await bench.pass(250, 250)
  await reading
  return events
}
