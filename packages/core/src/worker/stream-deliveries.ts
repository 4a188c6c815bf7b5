import type { Pattern } from '../define/pattern.ts'
import type { StreamBatch, StreamConsumer, StreamWork } from '../define/stream-consumer.ts'
import { PlinthError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { faultOf, type Log } from '../log.ts'
import type { Platform } from '../platform.ts'
import type { StreamConsumption, StreamDelivery, StreamProgress } from '../ports/event-stream.ts'
import type { Operator } from '../scope/operator.ts'
import { below, inSpan, recordBrokenEntries, recordDelivery, spanNames } from '../telemetry.ts'
import type { TenantSettings } from '../tenancy/tenant.ts'
import { workingCaller } from './host.ts'
import { WorkedTenants } from './worked-tenants.ts'

/** For what ends with somebody's decision: a tenant that is suspended, a key that is disabled. */
const decisionPause = 60_000

interface StreamDeliveriesOptions {
  readonly platform: Platform
  readonly patterns: readonly Pattern[]
  readonly log: Log
  /** Whether it listens to the streams, as it does unless told otherwise; a platform that calls uses {@link StreamDeliveries.handle} alone. */
  readonly listens?: boolean
}

/** Hands the entries of streams to the patterns' consumers, opened, with the scope of their tenant. */
export class StreamDeliveries {
  readonly #platform: Platform
  readonly #operator: Operator
  readonly #tenants: WorkedTenants
  readonly #log: Log
  readonly #works: readonly { readonly consumer: StreamConsumer; readonly work: StreamWork }[]
  readonly #consumption: StreamConsumption | undefined

  constructor(options: StreamDeliveriesOptions) {
    this.#platform = options.platform
    this.#operator = options.platform.operate()
    this.#tenants = new WorkedTenants(this.#operator)
    this.#log = options.log
    this.#works = options.patterns.flatMap(({ streams = [] }) => streams).map((consumer) => ({ consumer, work: consumer.open() }))
    const listens = options.listens !== false && this.#works.length > 0
    this.#consumption = listens ? this.#operator.stream?.consume((delivery) => this.handle(delivery)) : undefined
  }

  /** Takes no more; resolves when what runs has ended and all that was taken was offered to be kept. */
  async drain(): Promise<void> {
    await this.#consumption?.drain()
  }

  /** One delivery; for the handlers of a platform that calls. Throws what a consumer throws: the delivery comes again. */
  async handle(delivery: StreamDelivery): Promise<StreamProgress> {
    const started = this.#operator.clock.now()
    const { tenant, entries } = delivery
    let outcome: Parameters<typeof recordDelivery>[0] = 'error'
    try {
      const settings = await this.#tenants.find(tenant)
      if (settings === 'gone') {
        outcome = 'gone'
        return keptTo(entries.at(-1)?.sequence)
      }
      if (settings === 'waits') {
        outcome = 'wait'
        return { wait: decisionPause }
      }
      const progress = await this.#take(settings, delivery)
      outcome = 'done'
      return progress
    } catch (error) {
      const code = PlinthError.is(error) ? error.code : 'internal'
      // It was offboarded meanwhile: nothing of that is a fault.
      if (code === 'key_destroyed' && (await this.#tenants.hasLeft(tenant))) {
        outcome = 'gone'
        return keptTo(entries.at(-1)?.sequence)
      }
      if (code === 'key_disabled') {
        outcome = 'wait'
        return { wait: decisionPause }
      }
      const fault = PlinthError.is(error) ? undefined : faultOf(error)
      this.#log.error(
        { tenant_id: tenant, code, fault },
        'What came in a stream could not be worked on, and will be tried again.',
      )
      throw error
    } finally {
      recordDelivery(outcome, this.#operator.clock.now() - started)
    }
  }

  async #take(settings: TenantSettings, delivery: StreamDelivery): Promise<StreamProgress> {
    const { partition, keepNow } = delivery
    const entries = await this.#open(delivery)
    const caller = workingCaller(settings, `stream-${uuid(this.#operator.clock)}`)
    const scope = this.#platform.scope(caller)
    let lowest: { readonly kept: string | undefined } | undefined
    for (const { consumer, work } of this.#works) {
      const attributes = { 'messaging.destination.name': consumer.name, 'messaging.batch.message_count': entries.length }
      const { kept } = await inSpan(caller, `${spanNames.process} ${consumer.name}`, attributes, (span) =>
        work.take(below(scope, span), { partition, entries, keepNow }),
      )
      if (!lowest || kept === undefined || (lowest.kept !== undefined && kept < lowest.kept)) lowest = { kept }
    }
    // No consumer knows of those that were passed over. All before them is kept now, and so are they.
    const last = delivery.entries.at(-1)?.sequence
    const passedOver = last !== undefined && entries.at(-1)?.sequence !== last
    return keptTo(passedOver && keepNow ? last : lowest?.kept)
  }

  /** One that doesn't open, and so never will, is passed over: it must not hold up the others for ever. */
  async #open({ tenant, partition, entries }: StreamDelivery): Promise<StreamBatch['entries']> {
    const opened: StreamBatch['entries'][number][] = []
    for (const { sequence, at, data } of entries) {
      try {
        opened.push({ sequence, at, data: await this.#operator.openEntry(tenant, partition, data) })
      } catch (error) {
        if (!PlinthError.is(error) || error.code !== 'seal_broken') throw error
        this.#log.error({ tenant_id: tenant, sequence }, 'An entry of a stream does not open and was passed over.')
      }
    }
    if (opened.length < entries.length) recordBrokenEntries(entries.length - opened.length)
    return opened
  }
}

function keptTo(sequence: string | undefined): StreamProgress {
  return sequence === undefined ? {} : { kept: sequence }
}
