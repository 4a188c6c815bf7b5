import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { type EventBus, envelope, type PublishResult, publishLimit, type StoredEvent, TooLargeError } from '@plinth/core'
import { unavailable } from './aws-fault.ts'

export interface EventBridgeEventBusOptions {
  readonly client: EventBridgeClient
  /** Its name or ARN. */
  readonly bus: string
}

/**
 * What one request may weigh. EventBridge raised its limit from 256 KB to 1 MB, but not everywhere at once, and one request above
 * it would hold up the log for good: ten large events are worth a second request.
 */
const requestBytes = 240_000

/**
 * EventBus on EventBridge. An event there has the port's envelope as its detail, so rules match on `source`, `detail-type` and
 * `detail.tenant_id`; EventBridge gives it an id of its own for each publication, `detail.id` tells a repetition.
 *
 * A request that fails as a whole rejects, and what was published of the others is published again.
 */
export class EventBridgeEventBus implements EventBus {
  readonly #client: EventBridgeClient
  readonly #bus: string

  constructor(options: EventBridgeEventBusOptions) {
    this.#client = options.client
    this.#bus = options.bus
  }

  async publish(events: readonly StoredEvent[]): Promise<readonly PublishResult[]> {
    if (events.length > publishLimit) throw new TooLargeError(`At most ${publishLimit} events are published at once.`)
    const results: PublishResult[] = []
    for (const entries of requests(events.map((event) => this.#entry(event)))) results.push(...(await this.#put(entries)))
    return results
  }

  async #put(entries: PutEventsRequestEntry[]): Promise<readonly PublishResult[]> {
    try {
      const { Entries = [] } = await this.#client.send(new PutEventsCommand({ Entries: entries }))
      // Only what has an id was taken: a failed entry has an error's code, and one without an answer is as good as failed.
      return entries.map((_, index) => {
        const answer = Entries[index]
        return answer?.EventId ? { published: true } : { published: false, code: snakeCase(answer?.ErrorCode ?? 'NoAnswer') }
      })
    } catch (error) {
      throw unavailable(error, 'events:PutEvents')
    }
  }

  #entry(event: StoredEvent): PutEventsRequestEntry {
    const detail = envelope(event)
    return {
      EventBusName: this.#bus,
      Source: detail.source,
      DetailType: detail.type,
      Time: new Date(event.time),
      Detail: JSON.stringify(detail),
    }
  }
}

/** The entries in their order, in as few requests as they fit in. */
function requests(entries: readonly PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const filled: PutEventsRequestEntry[][] = []
  let room = 0
  for (const entry of entries) {
    const bytes = entryBytes(entry)
    if (bytes > room) {
      filled.push([])
      room = requestBytes
    }
    filled.at(-1)?.push(entry)
    room -= bytes
  }
  return filled
}

/** As EventBridge counts: 14 for the time, the rest in UTF-8. */
function entryBytes({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number {
  return 14 + Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail)
}

/** `ThrottlingException` as `throttling_exception`. */
function snakeCase(code: string): string {
  return code
    .replace(/[^A-Za-z]/g, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase()
}
