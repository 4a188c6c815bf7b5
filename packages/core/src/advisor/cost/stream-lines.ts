import type { Profile } from '../profile.ts'
import { type CostLine, type CostParts, has } from './cost-line.ts'
import { functionsUsd, hoursMonth, onDemandStreamUsd, putsUsd, type StreamUse, shardHoursUsd, tokensUsd } from './formulas.ts'
import { batchesMonth, streamStateLines } from './stream-state-lines.ts'

/** Records that a producer hands in at a time, so that they lie in one record of Kinesis. */
const recordsACall = 50
/** Of a core, with 100,000 keys (benchmarks/analytics). */
const recordsASecond = 44_000
const processorGigabytes = 2
/** Of a call about incidents, several at a time (the worked example S4). */
export const incidents = { aCall: 20, input: 2_000, output: 500 } as const

/** What a stream of ours is in Kinesis. */
function streamUse({ stream }: Profile): StreamUse {
  const { records_per_second: records, record_bytes: bytes } = stream
  return { putsPerSecond: records / recordsACall, bytesPerSecond: records * bytes }
}

/** Calls about odd records, a month. */
export function incidentCalls(parts: CostParts): number {
  if (!has(parts, 'analytics')) return 0
  const { profile, scenario } = parts
  const { records_per_second: rate, anomaly_share: odd } = profile.stream
  const records = rate * hoursMonth * 3_600
  return (records * Math.min(1, odd * scenario.escalated) * scenario.repeats) / incidents.aCall
}

/** What records cost: the stream, those who work them, what is saved of keys, and the few calls of a model. */
export function streamLines(parts: CostParts): readonly CostLine[] {
  if (!has(parts, 'analytics')) return []
  const { profile, usd, model, scenario } = parts
  const records = profile.stream.records_per_second * hoursMonth * 3_600
  const calls = incidentCalls(parts)
  const use = streamUse(profile)
  const batches = batchesMonth(use)
  const work = {
    calls: batches,
    seconds: batches === 0 ? 0 : records / recordsASecond / batches,
    gigabytes: processorGigabytes,
  }
  return [
    ...kinesisLines(parts, use),
    { service: 'Lambda', what: 'records that are worked', kind: 'variable', usd: functionsUsd(usd, work) },
    ...streamStateLines(usd, profile, use),
    {
      service: 'Bedrock',
      what: 'incidents that a model judges',
      kind: 'variable',
      usd: tokensUsd(
        { input: calls * incidents.input * scenario.tokens, output: calls * incidents.output * scenario.tokens },
        model,
      ),
    },
  ]
}

/** Ours is the only reader. */
const readers = 1
const nothing: StreamUse = { putsPerSecond: 0, bytesPerSecond: 0 }

function kinesisLines({ profile, usd }: CostParts, use: StreamUse): readonly CostLine[] {
  if (profile.stream.capacity === 'shards')
    return [
      { service: 'Kinesis', what: 'shards, idle or not', kind: 'fixed', usd: shardHoursUsd(usd, use) },
      { service: 'Kinesis', what: 'records that are put', kind: 'variable', usd: putsUsd(usd, use) },
    ]
  const idle = onDemandStreamUsd(usd, { ...nothing, readers })
  return [
    { service: 'Kinesis', what: 'the stream on demand, idle or not', kind: 'fixed', usd: idle },
    {
      service: 'Kinesis',
      what: 'records in and out, on demand',
      kind: 'variable',
      usd: onDemandStreamUsd(usd, { ...use, readers }) - idle,
    },
  ]
}
