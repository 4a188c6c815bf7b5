import { UnavailableError } from '../errors.ts'
import type { EventStream, NewEntry, StreamConsumption, StreamDelivery, StreamProgress } from '../ports/event-stream.ts'
import type { Subject } from './contract.ts'
import { until } from './settling.ts'

/** A delivery as a test sees it: its entries as the texts that were appended. */
export interface SeenDelivery extends StreamDelivery {
  readonly texts: readonly string[]
  /** When the handler was called. */
  readonly at: number
}

/** A consumption whose handler is a test's. Other tests' tenants are kept at once, and not shown. */
export interface StreamBench {
  readonly deliveries: readonly SeenDelivery[]
  readonly consumption: StreamConsumption
  /** The texts of a partition, each where it came first. */
  firsts(partition: string, tenant?: string): readonly string[]
  /** Sooner or later so many different texts came. */
  reached(count: number, partition: string, tenant?: string): Promise<void>
  drain(): Promise<void>
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** @param answer what becomes of a delivery; absent: all of it is kept. */
export function streamBench(
  subject: Subject<EventStream>,
  tenants: readonly string[],
  answer: (delivery: SeenDelivery) => StreamProgress | Promise<StreamProgress> = keptAll,
): StreamBench {
  const deliveries: SeenDelivery[] = []
  const [first = ''] = tenants
  const consumption = subject.port.consume(async (delivery) => {
    if (!tenants.includes(delivery.tenant)) return keptAll(delivery)
    const texts = delivery.entries.map(({ data }) => decoder.decode(data))
    const seen = { ...delivery, texts, at: subject.clock?.now() ?? Date.now() }
    deliveries.push(seen)
    return answer(seen)
  })
  const firsts = (partition: string, tenant = first): readonly string[] => [
    ...new Set(deliveries.filter((one) => one.tenant === tenant && one.partition === partition).flatMap(({ texts }) => texts)),
  ]
  return {
    deliveries,
    consumption,
    firsts,
    reached: (count, partition, tenant = first) =>
      until(subject, () => firsts(partition, tenant).length >= count, `${count} entries of ${tenant} in ${partition}`),
    drain: async () => {
      let ended = false
      void consumption.drain().then(() => {
        ended = true
      })
      await until(subject, () => ended, 'drained')
    },
  }
}

export function keptAll({ entries }: Pick<StreamDelivery, 'entries'>): StreamProgress {
  const last = entries.at(-1)?.sequence
  return last === undefined ? {} : { kept: last }
}

export function entryOf(partition: string, text: string): NewEntry {
  return { partition, data: encoder.encode(text) }
}

/** Appends texts as a producer does: what is refused, or may not be there, is appended again. */
export async function appendAll(
  { port }: Subject<EventStream>,
  tenant: string,
  partition: string,
  texts: readonly string[],
): Promise<void> {
  let left = texts.map((text) => entryOf(partition, text))
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt > 200) throw new Error('These entries can never be appended.')
    const tried = left.slice(0, 100)
    try {
      const results = await port.append(tenant, tried)
      left = [...tried.filter((_, index) => 'refused' in (results[index] ?? {})), ...left.slice(100)]
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
    }
  }
}
