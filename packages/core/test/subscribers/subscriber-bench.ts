import { getRequest } from '../../src/event-driven/manage.ts'
import { type DeadLetterFields, deadLetters } from '../../src/event-driven/requests.ts'
import {
  type Caller,
  Dispatcher,
  type JsonObject,
  LocalIssuer,
  type Pattern,
  type Platform,
  patterns,
  processGenaiRequest,
  Relay,
  type Scope,
  type StoredEvent,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '../../src/index.ts'
import { createSubscriber, type NewSubscriber } from '../../src/subscribers/manage-subscribers.ts'
import { type DeliveryFields, deliveries } from '../../src/subscribers/records.ts'
import { Authenticator } from '../../src/tenancy/authenticate.ts'
import {
  FakeClock,
  type HostileOptions,
  type MemoryOutbound,
  type MemoryPlatform,
  memoryPlatform,
  type ReceiverAnswer,
  scriptedModels,
} from '../../src/testing/index.ts'

/** What a bench stands on: memory, or another platform with the same doubles at its edges. */
export interface Ground {
  readonly platform: Platform
  readonly clock: FakeClock
  readonly outbound: MemoryOutbound
  /** Lets other threads do their work. */
  settle?(): Promise<void>
  close?(): Promise<void>
}

/** A whole Plinth with receivers by a script, and two tenants; nothing moves until `pass`. */
export class SubscriberBench {
  readonly ground: Ground
  readonly #authenticator: Authenticator
  readonly #issuer: LocalIssuer
  readonly #patterns: readonly Pattern[]
  #host: WorkerHost | undefined
  #relay: Relay | undefined

  private constructor(ground: Ground, issuer: LocalIssuer, registry: TenantRegistry, all: readonly Pattern[]) {
    this.ground = ground
    this.#issuer = issuer
    this.#authenticator = new Authenticator({ registry, issuer, clock: ground.clock })
    this.#patterns = all
  }

  static async open(
    options: { readonly ground?: Ground; readonly patterns?: readonly Pattern[] } = {},
  ): Promise<SubscriberBench> {
    const ground = options.ground ?? memoryGround()
    const operator = ground.platform.operate()
    const registry = new TenantRegistry(operator)
    await registry.ensure('alpha', 'Alpha')
    await registry.ensure('beta', 'Beta')
    const all = [...patterns, ...(options.patterns ?? [])]
    const bench = new SubscriberBench(ground, await LocalIssuer.open(operator), registry, all)
    bench.start()
    return bench
  }

  start(): void {
    const { platform } = this.ground
    const operator = platform.operate()
    const dispatcher = new Dispatcher({ operator, patterns: this.#patterns, log: silentLog })
    this.#relay = new Relay({ operator, log: silentLog, dispatcher })
    this.#host = new WorkerHost({ platform, patterns: this.#patterns, log: silentLog })
  }

  async stop(): Promise<void> {
    const drained = this.#host?.drain()
    await this.pass(1_000)
    await drained
    await this.#relay?.stop()
    await this.ground.close?.()
  }

  async scope(tenant = 'alpha', permissions: readonly string[] = ['*']): Promise<Scope> {
    const token = await this.#issuer.sign({ tenant, user: 'ada', permissions: [...permissions], lifetime: 86_400 * 365 })
    const caller: Caller = await this.#authenticator.authenticate(`Bearer ${token}`, 'correlation')
    return this.ground.platform.scope(caller)
  }

  async subscribe(
    subscriber: NewSubscriber = webhook(),
    tenant = 'alpha',
  ): Promise<{ readonly id: string; readonly secret: string }> {
    const record = await createSubscriber(await this.scope(tenant), subscriber)
    return { id: record.fields.subscriber_id, secret: (await record.open('secret')) ?? '' }
  }

  /** Lets something happen. */
  async emit(
    subject: string,
    detail: JsonObject = {},
    parts: { readonly type?: string; readonly tenant?: string } = {},
  ): Promise<void> {
    const { type = 'genai.request.completed', tenant = 'alpha' } = parts
    const event = { kind: 'event', type, version: 1, subject, detail } as const
    await (await this.scope(tenant)).state.commit({ writes: [], emit: [event] })
  }

  /** Accepts a request of tenant alpha, and lets it end. */
  async request(body: { readonly prompt?: string; readonly callback_url?: string } = {}): Promise<string> {
    const { request_id } = await processGenaiRequest(await this.scope(), { prompt: 'What is a queue?', ...body })
    return request_id
  }

  /** Time passes, in small steps, so that what one timer starts is seen by the next. */
  async pass(milliseconds: number, step = 1_000): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step) {
      await this.ground.settle?.()
      await this.ground.clock.advance(Math.min(step, milliseconds - passed))
    }
    await this.ground.settle?.()
    await this.ground.clock.advance(0)
  }

  /** What receivers got, by the path of their URL. */
  received(
    path = '/',
  ): readonly { readonly body: StoredEvent & JsonObject; readonly headers: Record<string, string>; readonly text: string }[] {
    return this.ground.outbound.requests
      .filter((request) => new URL(request.url).pathname === path)
      .map(({ body, headers }) => ({
        body: JSON.parse(String(body)),
        headers: headers as Record<string, string>,
        text: String(body),
      }))
  }

  answer(answer: (attempt: number, subject: string) => ReceiverAnswer): void {
    const attempts = new Map<string, number>()
    this.ground.outbound.answer = ({ url, body }) => {
      const { subject } = JSON.parse(String(body)) as { subject: string }
      const key = `${url} ${subject}`
      attempts.set(key, (attempts.get(key) ?? 0) + 1)
      return answer(attempts.get(key) ?? 0, subject)
    }
  }

  async deliveries(target: string, tenant = 'alpha'): Promise<readonly DeliveryFields[]> {
    const page = await (await this.scope(tenant)).state.list(deliveries, 'created', { group: target, limit: 1_000 })
    return page.items.map((record) => record.fields)
  }

  async letters(tenant = 'alpha'): Promise<readonly DeadLetterFields[]> {
    const page = await (await this.scope(tenant)).state.list(deadLetters, 'created', { limit: 1_000 })
    return page.items.map((record) => record.fields)
  }

  async events(tenant = 'alpha'): Promise<readonly StoredEvent[]> {
    return (await this.scope(tenant)).state.events({ after: 0, limit: 1_000 })
  }

  async status(requestId: string): Promise<string> {
    return (await getRequest(await this.scope(), requestId)).fields.status
  }
}

export function webhook(path = '/', pattern?: object): NewSubscriber {
  return { ...(pattern ? { pattern } : {}), target: { type: 'webhook', url: `https://receiver.test${path}` } }
}

/** A platform in memory. Signatures are checked by a library that looks at the real time, so the clock begins there. */
export function memoryGround(hostile?: Partial<HostileOptions>): Ground & { readonly memory: MemoryPlatform } {
  const memory = memoryPlatform({ models: scriptedModels(() => 'An answer.'), clock: new FakeClock({ now: Date.now() }) })
  if (hostile) memory.hostile.set(hostile)
  return { platform: memory.platform, clock: memory.clock, outbound: memory.outbound, memory }
}
