import { z } from 'zod'
import { jobOf } from '../src/contracts/index.ts'
import {
  type AnyJob,
  defineJob,
  definePattern,
  type Job,
  type JobDefinition,
  type Lease,
  type LogFields,
  type Pattern,
  type Scope,
  TenantRegistry,
  WorkerHost,
} from '../src/index.ts'
import { type HostileOptions, type MemoryPlatform, memoryPlatform, scriptedModels } from '../src/testing/index.ts'

export type Body = { readonly id: string }

export interface LogLine {
  readonly level: string
  readonly fields: LogFields
  readonly message: string
}

/** A job of the tests, `rag.work` of version 3, done by `handle`. */
export function workJob(handle: JobDefinition<Body>['handle'], concurrency = 4): AnyJob {
  return defineJob<Body>({
    name: 'rag.work',
    version: 3,
    summary: '',
    body: z.strictObject({ id: z.string() }),
    concurrency,
    handle,
  })
}

/** A worker host on a platform in memory, with tenants alpha and beta; jobs are sent to its queue by hand. */
export class HostBench {
  readonly memory: MemoryPlatform
  readonly registry: TenantRegistry
  readonly log: LogLine[] = []
  readonly #pattern: Pattern
  #host: WorkerHost | undefined

  private constructor(job: AnyJob, hostile: Partial<HostileOptions>) {
    this.memory = memoryPlatform({ models: scriptedModels(() => ''), hostile })
    this.registry = new TenantRegistry(this.memory.platform.operate())
    this.#pattern = definePattern({ name: 'rag', title: '', summary: '', collections: [], events: [], jobs: [job], routes: [] })
  }

  static async open(
    handle: JobDefinition<Body>['handle'],
    options: { concurrency?: number; override?: number; hostile?: Partial<HostileOptions> } = {},
  ): Promise<HostBench> {
    const bench = new HostBench(workJob(handle, options.concurrency), options.hostile ?? {})
    for (const tenant of ['alpha', 'beta']) await bench.registry.create(tenant, tenant)
    bench.host = new WorkerHost({
      platform: bench.memory.platform,
      patterns: [bench.#pattern],
      log: bench.#logger(),
      ...(options.override === undefined ? {} : { concurrency: { 'rag.work': options.override } }),
    })
    return bench
  }

  get host(): WorkerHost {
    if (!this.#host) throw new Error('The bench is not open.')
    return this.#host
  }

  set host(host: WorkerHost) {
    this.#host = host
  }

  async send(parts: Partial<Job> = {}): Promise<void> {
    const job = jobOf('alpha', 'job-1', { queue: 'rag.work', version: 3, ...parts })
    await this.memory.inner.queue.send([job])
  }

  /** Time passes, a second at a time. */
  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 1_000)
      await this.memory.clock.advance(Math.min(1_000, milliseconds - passed))
    await this.memory.clock.advance(0)
  }

  /** One delivery by hand, as a platform that calls does it. */
  deliver(
    job: AnyJob,
    parts: Partial<Job> = {},
    lease: Lease = { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} },
  ): ReturnType<WorkerHost['handle']> {
    return this.host.handle(job, jobOf('alpha', 'job-1', { queue: 'rag.work', version: 3, ...parts }), lease)
  }

  #logger(): Record<'debug' | 'info' | 'warn' | 'error', (fields: LogFields, message: string) => void> {
    const at = (level: string) => (fields: LogFields, message: string) => void this.log.push({ level, fields, message })
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}

/** A handler that runs until it is told to end. */
export function held(): {
  handle: (scope: Scope, body: unknown, context: { lease: Lease }) => Promise<{ done: true }>
  running: () => number
  release(): void
  leases: Lease[]
} {
  const waiting: (() => void)[] = []
  const leases: Lease[] = []
  return {
    leases,
    running: () => waiting.length,
    release: () => {
      for (const end of waiting.splice(0)) end()
    },
    handle: (_scope, _body, { lease }) => {
      leases.push(lease)
      return new Promise((resolve) => waiting.push(() => resolve({ done: true })))
    },
  }
}
