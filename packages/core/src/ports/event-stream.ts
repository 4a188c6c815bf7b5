import { InvalidInputError, TooLargeError } from '../errors.ts'

/**
 * An entry of a log, as it is handed in. It is opaque here: what a scope hands in is sealed.
 */
export interface NewEntry {
  /** Which log of the tenant's: 1–256 printable ASCII characters. Order is kept within one, and one is worked on by one process at a time. */
  readonly partition: string
  readonly data: Uint8Array
}

export interface StoredEntry {
  /** Printable ASCII; in the order of its bytes within the partition: a later entry has a greater one. */
  readonly sequence: string
  /** When it was kept, milliseconds UTC. Of a later entry it may be a little earlier. */
  readonly at: number
  readonly data: Uint8Array
}

/**
 * What became of one entry. `throttled`: it wasn't kept, and may go through after so many seconds. `unavailable`: nobody knows; who
 * appends it again may have it twice.
 */
export type AppendResult =
  | { readonly sequence: string }
  | { readonly refused: { readonly code: 'throttled' | 'unavailable'; readonly retryAfter?: number } }

/** Some entries of one partition, in order, behind what was delivered before. */
export interface StreamDelivery {
  readonly tenant: string
  readonly partition: string
  /** May be empty: then there is nothing new, and what isn't kept yet should be. */
  readonly entries: readonly StoredEntry[]
  /**
   * Whether all of it has to be kept when the handler resolves: the process ends, or the platform forgets what it delivered. Else the
   * handler may keep it later, in the one go with what follows.
   */
  readonly keepNow: boolean
}

/** What became of a delivery. */
export interface StreamProgress {
  /** The sequence through which effects are kept: the delivery after a crash begins behind it. Absent: nothing new, by this handler. */
  readonly kept?: string
  /** Nothing of the delivery was taken, and it's nobody's fault: it comes again after so many milliseconds. */
  readonly wait?: number
}

export type StreamHandler = (delivery: StreamDelivery) => Promise<StreamProgress>

/**
 * A log for each partition of each tenant.
 *
 * Promises:
 * - What `append` gave a sequence is durable, and is delivered at least once, in order within its partition.
 * - A result for each entry, in the order given. One that is refused doesn't keep the others from being kept, but of a partition none is
 *   kept that comes behind one that was refused in the same call.
 * - One delivery of a partition at a time within a process. One that throws comes again, after a pause that grows, from behind
 *   the last `kept`; so does one that is to wait. The other partitions go on meanwhile.
 * - A partition that has had nothing new for a while ({@link idleMilliseconds}) is offered `keepNow`, when some of it isn't kept.
 * - After a crash, deliveries go on behind the last `kept` that was told, or earlier; never later.
 * - Entries are kept until `trim` says they may go, or the technology's own retention ends; those that weren't kept by a handler stay until then, too.
 * - What waits to be taken may be bounded; then entries beyond are refused as `throttled`, and no tenant fills the room of the others.
 * - Nothing of one tenant is visible under another's name.
 *
 * Limits: {@link entryLimits}; a call beyond them is refused whole.
 */
export interface EventStream {
  /** @throws InvalidInputError, TooLargeError; UnavailableError when nobody knows what was kept: it may have been. */
  append(tenant: string, entries: readonly NewEntry[]): Promise<readonly AppendResult[]>
  /** For the worker host: has each partition's entries delivered until it is drained. One at a time, in a process. */
  consume(handle: StreamHandler): StreamConsumption
  /** Forgets a partition, or, without one, all of a tenant's; what is on its way may still be delivered. */
  remove(tenant: string, partition?: string): Promise<void>
  /** Lets go of entries kept before this time (milliseconds UTC) that a handler has kept, some at a time. @returns how many went. */
  trim(before: number): Promise<number>
}

export interface StreamConsumption {
  /** Delivers no more; resolves when what runs has ended and all that was delivered was offered with `keepNow`. */
  drain(): Promise<void>
}

export const entryLimits: {
  /** Of one entry's data. Kinesis: 1 MiB with the partition key. */
  readonly bytes: number
  /** Of one call. Kinesis: PutRecords takes 500. */
  readonly entries: number
} = { bytes: 1_000_000, entries: 500 }

/** A partition without news for so long has the rest of it kept. */
export const idleMilliseconds: number = 15_000

/** So long an entry lies there that a handler has kept, milliseconds: nobody reads it again. */
export const entryRetention: number = 10 * 60_000

/** The same refusals on every platform. @throws InvalidInputError, TooLargeError */
export function checkEntries(entries: readonly NewEntry[]): void {
  if (entries.length > entryLimits.entries) {
    throw new TooLargeError(`At most ${entryLimits.entries} entries are appended at a time.`, { field: 'entries' })
  }
  for (const [index, { partition, data }] of entries.entries()) {
    if (!/^[\x21-\x7e]{1,256}$/.test(partition)) {
      const field = `entries.${index}.partition`
      throw new InvalidInputError('A partition is named by 1 to 256 printable ASCII characters.', { field })
    }
    if (data.byteLength > entryLimits.bytes) {
      throw new TooLargeError(`An entry has at most ${entryLimits.bytes} bytes.`, { field: `entries.${index}.data` })
    }
  }
}
