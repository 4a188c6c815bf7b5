import { faultOf, type Log, type NewEntry, type StoredEntry, type StreamHandler } from '@plinth/core'
import { entrySequence } from './entry-sequence.ts'
import { unpackRecord } from './kinesis-record.ts'

/** A record as Lambda hands it over. */
export interface KinesisRecord {
  readonly kinesis: {
    readonly sequenceNumber: string
    /** In base64. */
    readonly data: string
    /** Seconds. */
    readonly approximateArrivalTimestamp: number
  }
}

export interface KinesisBatch {
  readonly Records: readonly KinesisRecord[]
}

export interface WorkRecordsOptions {
  readonly handle: StreamHandler
  /** Appends entries of a tenant once more. @throws where not all of them are kept. */
  append(tenant: string, entries: readonly NewEntry[]): Promise<void>
  readonly log: Log
}

/** One partition's entries in a batch, and of which records they are. */
interface Share {
  readonly tenant: string
  readonly partition: string
  readonly entries: { readonly entry: StoredEntry; readonly record: string }[]
}

/** Partitions that are worked at a time: they wait for the table more than they work. */
const concurrency = 8

/**
 * Works a batch of records of one shard, each partition by itself.
 *
 * A partition that is to wait, since its tenant is suspended, can't: Lambda delivers a shard in order, and all others lie behind. So its
 * entries go to the end of the stream again, until they may be worked.
 * @returns the sequence of the first record that isn't worked, from which Lambda goes on; undefined: all are. What was worked behind
 * it comes again, and changes nothing.
 */
export async function workRecords({ Records }: KinesisBatch, options: WorkRecordsOptions): Promise<string | undefined> {
  const failed: string[] = []
  const waiting: Share[] = []
  const shares = [...sharesOf(Records, options.log)]
  const work = async (): Promise<void> => {
    for (let share = shares.shift(); share; share = shares.shift()) {
      const left = await workShare(share, options)
      if (left === 'waits') waiting.push(share)
      else if (left !== undefined) failed.push(left)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  let first = lowest(failed)
  for (const share of waiting) {
    // What lies behind the first one comes again anyway.
    const before = first
    const again = share.entries.filter(({ record }) => before === undefined || BigInt(record) < BigInt(before))
    const entries = again.map(({ entry }) => ({ partition: share.partition, data: entry.data }))
    if (entries.length === 0) continue
    try {
      await options.append(share.tenant, entries)
    } catch (error) {
      options.log.warn({ tenant_id: share.tenant, fault: faultOf(error) }, 'What is to wait could not be appended again.')
      first = lowest([...(first === undefined ? [] : [first]), ...again.slice(0, 1).map(({ record }) => record)])
    }
  }
  return first
}

/** @returns the first record that isn't kept, if there is one. */
async function workShare(share: Share, { handle, log }: WorkRecordsOptions): Promise<string | 'waits' | undefined> {
  const { tenant, partition } = share
  const entries = share.entries.map(({ entry }) => entry)
  try {
    const { kept = '', wait } = await handle({ tenant, partition, entries, keepNow: true })
    if (wait !== undefined) return 'waits'
    return share.entries.find(({ entry }) => entry.sequence > kept)?.record
  } catch (error) {
    log.warn({ tenant_id: tenant, fault: faultOf(error) }, 'A part of a batch could not be worked, and comes again.')
    return share.entries[0]?.record
  }
}

/** By partitions, in order. */
function sharesOf(records: readonly KinesisRecord[], log: Log): Iterable<Share> {
  const shares = new Map<string, Share>()
  for (const { kinesis } of records) {
    const { sequenceNumber: record, data, approximateArrivalTimestamp: seconds } = kinesis
    const packed = unpackRecord(Buffer.from(data, 'base64'))
    if (!packed) {
      log.error({ sequence: record }, 'A record of the stream is of no known form and was passed over.')
      continue
    }
    const { tenant, partition } = packed
    const name = `${tenant}\n${partition}`
    const share = shares.get(name) ?? { tenant, partition, entries: [] }
    shares.set(name, share)
    const at = Math.round(seconds * 1_000)
    for (const [index, content] of packed.entries.entries())
      share.entries.push({ record, entry: { sequence: entrySequence(record, index), at, data: content } })
  }
  return shares.values()
}

function lowest(sequences: readonly string[]): string | undefined {
  return sequences.toSorted((one, other) => (BigInt(one) < BigInt(other) ? -1 : 1))[0]
}
