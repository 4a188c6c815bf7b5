import type { AnyJob } from '../define/job.ts'
import type { Pattern } from '../define/pattern.ts'
import { PlinthError } from '../errors.ts'
import { faultOf, type Log } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { Consumption, Job, Lease, Outcome } from '../ports/queue.ts'
import { jobLimits } from '../ports/queue.ts'
import { type Caller, mintCaller } from '../scope/caller.ts'
import type { Operator } from '../scope/operator.ts'
import { below, inSpan, recordJob, spanNames } from '../telemetry.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'
import { WorkedTenants } from './worked-tenants.ts'

/** A job whose handler throws what it should have caught is tried again after this time, or up to twice as long. */
const faultPause = 2_500
const suspendedPause = 60_000
/** Why a job isn't worked that was left by a tenant. */
const tenantGone = 'tenant_gone'
/** A job that this version can't read waits for a process that can, as there is one while versions change. */
const unreadablePause = 60_000

export interface HostOptions {
  readonly platform: Platform
  readonly patterns: readonly Pattern[]
  readonly log: Log
  /** Whether it listens to the queue, as it does unless told otherwise; a platform that calls uses {@link WorkerHost.handle} alone. */
  readonly listens?: boolean
  /** Overrides a job's own concurrency, by its name. */
  readonly concurrency?: Readonly<Record<string, number>>
}

/**
 * Runs the jobs of patterns: gives each the scope of its job's tenant, keeps its lease while it runs, and turns faults
 * into another try.
 */
export class WorkerHost {
  readonly #platform: Platform
  readonly #operator: Operator
  readonly #tenants: WorkedTenants
  readonly #log: Log
  readonly #consumptions: Consumption[] = []

  constructor(options: HostOptions) {
    this.#platform = options.platform
    this.#operator = options.platform.operate()
    this.#tenants = new WorkedTenants(this.#operator)
    this.#log = options.log
    if (options.listens === false) return
    for (const definition of options.patterns.flatMap((pattern) => pattern.jobs)) {
      const concurrency = options.concurrency?.[definition.name] ?? definition.concurrency
      this.#consumptions.push(
        this.#operator.queue.consume(definition.name, { concurrency }, (job, lease) => this.handle(definition, job, lease)),
      )
    }
  }

  /** Takes no more jobs; resolves when those that run have ended. */
  async drain(): Promise<void> {
    await Promise.all(this.#consumptions.map((consumption) => consumption.drain()))
  }

  /** One delivery; for the handlers of a platform that calls instead of being polled. Never throws. */
  async handle(definition: AnyJob, job: Job, lease: Lease): Promise<Outcome> {
    const started = this.#operator.clock.now()
    const renewal = this.#renew(lease)
    try {
      const outcome = await this.#run(definition, job, lease)
      recordJob(
        definition.name,
        'done' in outcome ? 'done' : 'dead' in outcome ? 'dead' : 'retry',
        this.#operator.clock.now() - started,
      )
      return this.#ended(job, outcome)
    } catch (error) {
      // It was at work when its tenant was offboarded: nothing of that is a fault.
      if (PlinthError.is(error) && error.code === 'key_destroyed' && (await this.#tenants.hasLeft(job.tenant)))
        return this.#ended(job, { dead: tenantGone })
      recordJob(definition.name, 'error', this.#operator.clock.now() - started)
      const code = PlinthError.is(error) ? error.code : 'internal'
      const fault = PlinthError.is(error) ? undefined : faultOf(error)
      this.#log.error({ ...facts(job), code, fault }, 'A job failed in a way it does not know, and will be tried again.')
      return { retryAt: this.#operator.clock.now() + faultPause * (1 + this.#operator.clock.random()) }
    } finally {
      renewal.stop()
    }
  }

  #ended(job: Job, outcome: Outcome): Outcome {
    if ('dead' in outcome)
      this.#log[outcome.dead === tenantGone ? 'info' : 'error']({ ...facts(job), reason: outcome.dead }, 'A job was given up.')
    return outcome
  }

  async #run(definition: AnyJob, job: Job, lease: Lease): Promise<Outcome> {
    const readable = job.version === definition.version || job.version === definition.version - 1
    const body = definition.body.safeParse(job.body)
    if (!readable || !body.success) {
      this.#log.error(
        { ...facts(job), version: job.version },
        'A job of a form that this version does not know waits for one that does.',
      )
      return { retryAt: this.#operator.clock.now() + unreadablePause }
    }
    const settings = await this.#tenants.find(job.tenant)
    if (settings === 'gone') return { dead: tenantGone }
    if (settings === 'waits') return { retryAt: this.#operator.clock.now() + suspendedPause }
    const worker = workingCaller(settings, job.correlationId)
    const actor = await definition.actsFor?.(this.#platform.scope(worker), body.data)
    const caller = actor ? mintCaller({ settings, correlationId: job.correlationId, ...actor }) : worker
    const attributes = { 'messaging.destination.name': definition.name, 'messaging.message.id': job.id }
    return inSpan(caller, `${spanNames.process} ${definition.name}`, attributes, (span) =>
      definition.handle(below(this.#platform.scope(caller), span), body.data, { job, lease }),
    )
  }

  #renew(lease: Lease): { stop(): void } {
    const { clock } = this.#operator
    const every = jobLimits.leaseMilliseconds / 3
    const tick = (): void => {
      if (lease.signal.aborted) return
      lease
        .extend(jobLimits.leaseMilliseconds)
        .catch((error: unknown) => this.#log.warn({ error }, 'A lease could not be extended.'))
      timer = clock.setTimer(every, tick)
    }
    let timer = clock.setTimer(every, tick)
    return { stop: () => timer.cancel() }
  }
}

/** Who works for a tenant on what it handed in before. */
export function workingCaller(settings: TenantSettings, correlationId: string): Caller {
  return mintCaller({ settings, permissions: new Set<string>(), correlationId, user: 'worker' })
}

function facts(job: Job): Readonly<Record<string, unknown>> {
  return { queue: job.queue, job_id: job.id, tenant_id: job.tenant, correlation_id: job.correlationId }
}
