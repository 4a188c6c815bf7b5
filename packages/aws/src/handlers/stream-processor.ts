import { entryLimits, onBatchMetrics, StreamDeliveries, UnavailableError } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { type KinesisBatch, workRecords } from '../kinesis/kinesis-batch.ts'
import { functionLog } from './function-log.ts'
import { FunctionMetrics } from './function-metrics.ts'
import { functionPatterns, functionPlatform } from './function-platform.ts'
import type { BatchAnswer } from './work-batch.ts'

let opened: Promise<Opened> | undefined

interface Opened {
  readonly deliveries: StreamDeliveries
  append: Parameters<typeof workRecords>[1]['append']
}

const metrics = new FunctionMetrics({ pattern: 'analytics' })
onBatchMetrics(({ records, bytes, anomalies, findings, lag }) => {
  metrics.add('StreamRecords', 'Count', records)
  metrics.add('StreamBytes', 'Bytes', bytes)
  metrics.add('StreamAnomalies', 'Count', anomalies)
  metrics.add('StreamFindings', 'Count', findings)
  metrics.add('StreamLag', 'Milliseconds', lag)
})

/** Works a batch of records of one shard of the stream. Where it can't go on, Lambda does from that record, and from no earlier one (X49). */
export async function handler(event: KinesisBatch): Promise<BatchAnswer> {
  opened ??= open()
  opened.catch(() => {
    opened = undefined
  })
  const { deliveries, append } = await opened
  const began = systemClock.now()
  const first = await workRecords(event, { handle: (delivery) => deliveries.handle(delivery), append, log: functionLog })
  const ended = systemClock.now()
  metrics.add('StreamBatchDuration', 'Milliseconds', ended - began)
  metrics.flush(ended)
  return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] }
}

async function open(): Promise<Opened> {
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
