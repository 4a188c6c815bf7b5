import { entryLimits, StreamDeliveries, UnavailableError } from '@plinth/core'
import { type KinesisBatch, workRecords } from '../kinesis/kinesis-batch.ts'
import { functionLog } from './function-log.ts'
import { functionPatterns, functionPlatform } from './function-platform.ts'
import { observed } from './function-telemetry.ts'
import { openOnce } from './open-once.ts'
import type { BatchAnswer } from './work-batch.ts'

interface Stream {
  readonly deliveries: StreamDeliveries
  append: Parameters<typeof workRecords>[1]['append']
}

const openedStream = openOnce(open)

/** Works a batch of records of one shard of the stream. Where it can't go on, Lambda does from that record, and from no earlier one (X49). */
export function handler(event: KinesisBatch): Promise<BatchAnswer> {
  return observed(() => work(event))
}

async function work(event: KinesisBatch): Promise<BatchAnswer> {
  const { deliveries, append } = await openedStream()
  const first = await workRecords(event, { handle: (delivery) => deliveries.handle(delivery), append, log: functionLog })
  return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] }
}

async function open(): Promise<Stream> {
  const platform = await functionPlatform()
  const { stream } = platform.operate()
  return {
    deliveries: new StreamDeliveries({ platform, patterns: functionPatterns(), log: functionLog, listens: false }),
    append: async (tenant, entries) => {
      for (let start = 0; start < entries.length; start += entryLimits.entries) {
        const results = (await stream?.append(tenant, entries.slice(start, start + entryLimits.entries))) ?? []
        if (results.length === 0 || results.some((result) => 'refused' in result))
          throw new UnavailableError('aws_unavailable', 'The stream did not take all of it.')
      }
    },
  }
}
