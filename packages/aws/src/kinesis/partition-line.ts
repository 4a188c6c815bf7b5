import { PutRecordCommand } from '@aws-sdk/client-kinesis'
import { type AppendResult, PlinthError, sleep } from '@plinth/core'
import { type AwsFault, faultName, isFault, unavailable } from '../aws-fault.ts'
import { entrySequence } from './entry-sequence.ts'
import type { KinesisParts } from './kinesis-parts.ts'
import { addedBytes, emptyBytes, packRecord, recordBytes, recordEntries } from './kinesis-record.ts'

/** What Kinesis says of a record that it certainly didn't keep, and may keep later. */
const throttles = [
  'ProvisionedThroughputExceededException',
  'KMSThrottlingException',
  'LimitExceededException',
  'ThrottlingException',
]
/** A record that is refused is offered so often in all, after pauses of 50 ms and then twice as long each. */
const offers = 5
const firstPause = 50
/** A shard takes a megabyte a second: whoever was refused may come again then. Seconds. */
const retryAfter = 1

/** Of the system and the SDK, when nothing was sent. */
const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError']

interface Waiting {
  readonly data: Uint8Array
  settle(result: AppendResult | Promise<never>): void
}

type Refusal = Extract<AppendResult, { readonly refused: object }>
/** What became of a record: it is kept under this sequence, it certainly isn't, or nobody knows. */
type Outcome = { readonly sequence: string } | Refusal | { readonly unknown: PlinthError }

/**
 * Puts one partition's entries into the stream, as many in a record as it holds, and one record after the other: of records that are
 * under way together a later one may be kept and an earlier one not. Each names the one before, by which Kinesis promises their order.
 * What waits meanwhile goes together in the next.
 */
export class PartitionLine {
  readonly #parts: KinesisParts
  readonly #tenant: string
  readonly #partition: string
  readonly #keyOf: () => Promise<string>
  #waiting: Waiting[] = []
  #last: string | undefined
  #running = false

  /** @param options.keyOf the text by which Kinesis gives it a shard. */
  constructor(
    parts: KinesisParts,
    options: { readonly tenant: string; readonly partition: string; readonly keyOf: () => Promise<string> },
  ) {
    this.#parts = parts
    this.#tenant = options.tenant
    this.#partition = options.partition
    this.#keyOf = options.keyOf
  }

  get idle(): boolean {
    return !this.#running
  }

  /** @throws UnavailableError when nobody knows whether some of it was kept. */
  append(entries: readonly Uint8Array[]): Promise<readonly AppendResult[]> {
    const results = entries.map((data) => new Promise<AppendResult>((settle) => this.#waiting.push({ data, settle })))
    if (!this.#running) void this.#run()
    return Promise.all(results)
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const taken = this.#take()
      const outcome = await this.#put(taken.map(({ data }) => data))
      if ('sequence' in outcome) {
        for (const [index, { settle }] of taken.entries()) settle({ sequence: entrySequence(outcome.sequence, index) })
        continue
      }
      // Whatever waits stands behind it, and must not be kept where it wasn't.
      const behind = this.#waiting.splice(0)
      const refusal: Refusal = 'unknown' in outcome ? { refused: { code: 'unavailable', retryAfter } } : outcome
      for (const { settle } of taken) settle('unknown' in outcome ? Promise.reject(outcome.unknown) : refusal)
      for (const { settle } of behind) settle(refusal)
    }
    this.#running = false
  }

  #take(): readonly Waiting[] {
    let room = recordBytes - emptyBytes({ tenant: this.#tenant, partition: this.#partition })
    const full = this.#waiting.findIndex(({ data }, index) => {
      room -= addedBytes(data)
      return index > 0 && (room < 0 || index === recordEntries)
    })
    return this.#waiting.splice(0, full < 0 ? this.#waiting.length : full)
  }

  /** Never throws. */
  async #put(entries: readonly Uint8Array[]): Promise<Outcome> {
    const { clock, log, stream } = this.#parts
    const Data = packRecord({ tenant: this.#tenant, partition: this.#partition, entries })
    for (let offer = 1; ; offer++) {
      try {
        this.#last = await this.#send(Data)
        return { sequence: this.#last }
      } catch (error) {
        if (isFault(error, 'InvalidArgumentException') && this.#last !== undefined) {
          // The stream was made anew: the one before is of another.
          this.#last = undefined
        } else if (!isFault(error, ...throttles)) {
          log.warn({ stream, fault: faultName(error) }, 'Kinesis could not take a record.')
          // Not again: a record that was kept, and whose answer was lost, would be kept twice.
          return isRefused(error)
            ? { refused: { code: 'unavailable', retryAfter } }
            : { unknown: unavailable(error, 'kinesis:PutRecord') }
        } else if (offer === offers) return { refused: { code: 'throttled', retryAfter } }
        await sleep(clock, firstPause * 2 ** (offer - 1) * (0.5 + clock.random() / 2))
      }
    }
  }

  async #send(Data: Uint8Array): Promise<string> {
    const { client, stream } = this.#parts
    const before = this.#last === undefined ? {} : { SequenceNumberForOrdering: this.#last }
    const { SequenceNumber } = await client.send(
      new PutRecordCommand({ StreamName: stream, Data, PartitionKey: await this.#keyOf(), ...before }),
    )
    if (SequenceNumber === undefined) throw new TypeError('Kinesis gave no sequence.')
    return SequenceNumber
  }
}

/** Whether the record certainly wasn't kept. */
function isRefused(error: unknown): boolean {
  const { $metadata, code, name } = (error ?? {}) as Partial<AwsFault> & { readonly code?: string }
  const status = $metadata?.httpStatusCode ?? 0
  return (status >= 400 && status < 500) || PlinthError.is(error) || unsent.includes(code ?? '') || unsent.includes(name ?? '')
}
