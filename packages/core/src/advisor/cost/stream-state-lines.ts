import type { Profile } from '../profile.ts'
import type { UsdOf } from '../service-prices.ts'
import type { CostLine } from './cost-line.ts'
import { hoursMonth, type StreamUse, shardsFor } from './formulas.ts'

/** For which Lambda gathers records (`functions.gatherFor`), seconds; it hands over no more than these, of one shard. */
const gathered = 10
const batch = { bytes: 4.5e6, puts: 1_000 } as const
const shard = { bytesPerSecond: 1e6, putsPerSecond: 1_000 } as const
/**
 * Counted with 50 to 20,000 keys of two fields, 1,000 records a batch: write units of a batch for heads, samples and places; those of
 * a page of keys, its KB, and the KB of a key; those of a window's result of a key.
 */
const units = { batch: 34, page: 2, window: 0.37 } as const
const pageKilobytes = 68
const keyKilobytes = 1.3
const kilobytesAGigabyte = 1024 ** 2
const secondsMonth = hoursMonth * 3_600
/** A version of an object that was written over stays in the bucket, months. */
const versionMonths = 35 / 30.4

/** Batches that Lambda hands over in a month, of all shards. */
export function batchesMonth(use: StreamUse): number {
  const seconds = Math.min(
    gathered,
    batch.bytes / Math.min(shard.bytesPerSecond, use.bytesPerSecond),
    batch.puts / Math.min(shard.putsPerSecond, use.putsPerSecond),
  )
  return secondsMonth * Math.min(shardsFor(use) / seconds, use.putsPerSecond)
}

/**
 * What is kept of a stream's keys. With each batch the pages of keys that it touches are put into the bucket: of `pages`, with `records`
 * of keys drawn at random, that is pages · (1 − e^(−records / pages)).
 */
export function streamStateLines(usd: UsdOf, { stream }: Profile, use: StreamUse): readonly CostLine[] {
  const { records_per_second: rate, keys } = stream
  if (rate === 0) return []
  const shards = shardsFor(use)
  const batches = batchesMonth(use)
  const pages = Math.max(shards, (keys * keyKilobytes) / pageKilobytes)
  const records = (rate * secondsMonth * shards) / batches
  const touched = (batches / shards) * pages * (1 - Math.exp(-records / pages))
  const version = (pageKilobytes / kilobytesAGigabyte) * versionMonths * usd('objectGigabyteMonth')
  const results = (secondsMonth / 60) * Math.min(keys, rate * 60)
  const line = (service: string, what: string, amount: number): CostLine => ({ service, what, kind: 'variable', usd: amount })
  return [
    line('S3', 'what is known of keys, put with each batch, and its versions of 35 days', touched * (usd('objectPut') + version)),
    line(
      'DynamoDB',
      'how far batches are, and where keys lie',
      (batches * units.batch + touched * units.page) * usd('writeUnit'),
    ),
    line('DynamoDB', "windows' results, one a minute and key", results * units.window * usd('writeUnit')),
  ]
}
