import type { Profile } from '../profile.ts'
import { type CostLine, type CostParts, has } from './cost-line.ts'
import { functionsUsd, hoursMonth, putsUsd, type StreamUse, shardHoursUsd, shardsFor, tokensUsd } from './formulas.ts'

/** Records that a producer hands in at a time, so that they lie in one record of Kinesis. */
const recordsACall = 50
/** For which Lambda gathers records (`functions.gatherFor`), seconds. */
const gathered = 10
/** Of a core, with 100,000 keys (benchmarks/analytics). */
const recordsASecond = 44_000
const processorGigabytes = 2
/** What is known of a key, as it is saved (benchmarks/analytics), and what DynamoDB takes for a KB in a transaction, write units. */
const keyKilobytes = 1.3
const unitsAKilobyte = 2
/** Of a call about incidents, several at a time (the worked example S4). */
const incidents = { aCall: 20, input: 2_000, output: 500 } as const

/** What a stream of ours is in Kinesis. */
export function streamUse({ stream }: Profile): StreamUse {
  const { records_per_second: records, record_bytes: bytes } = stream
  return { putsPerSecond: records / recordsACall, bytesPerSecond: records * bytes }
}

/** What records cost: the stream, those who work them, what is saved of keys, and the few calls of a model. */
export function streamLines(parts: CostParts): readonly CostLine[] {
  if (!has(parts, 'analytics')) return []
  const { profile, usd, model, scenario } = parts
  const { records_per_second: rate, keys } = profile.stream
  const seconds = hoursMonth * 3_600
  const records = rate * seconds
  const batches = seconds / gathered
  const busyKeys = Math.min(keys, rate * gathered)
  const calls = (records * scenario.escalated * scenario.repeats) / incidents.aCall
  const use = streamUse(profile)
  const work = {
    calls: batches * shardsFor(use),
    seconds: records / recordsASecond / (batches * shardsFor(use)),
    gigabytes: processorGigabytes,
  }
  return [
    { service: 'Kinesis', what: 'shards, idle or not', kind: 'fixed', usd: shardHoursUsd(usd, use) },
    { service: 'Kinesis', what: 'records that are put', kind: 'variable', usd: putsUsd(usd, use) },
    { service: 'Lambda', what: 'records that are worked', kind: 'variable', usd: functionsUsd(usd, work) },
    {
      service: 'DynamoDB',
      what: 'what is known of keys, saved with each batch',
      kind: 'variable',
      usd: batches * busyKeys * keyKilobytes * unitsAKilobyte * usd('writeUnit'),
    },
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
