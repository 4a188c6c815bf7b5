import { entryLimits, StreamDeliveries, UnavailableError } from '@plinth/core'
import { type KinesisBatch, workRecords } from '../kinesis/kinesis-batch.ts'
import { functionLog } from './function-log.ts'
import { functionPatterns, functionPlatform } from './function-platform.ts'
import { observed } from './function-telemetry.ts'
import type { BatchAnswer } from './work-batch.ts'

let opened: Promise<Opened> | undefined

interface Opened {
  readonly deliveries: StreamDeliveries
  append: Parameters<typeof workRecords>[1]['append']
}

/** Works a batch of records of one shard of the stream. Where it can't go on, Lambda does from that record, and from no earlier one (X49). */
export function handler(event: KinesisBatch): Promise<BatchAnswer> {
  return observed(() => work(event))
}

async function work(event: KinesisBatch): Promise<BatchAnswer> {
  opened ??= open()
  opened.catch(() => {
    opened = undefined
  })
  const { deliveries, append } = await opened
  const first = await workRecords(event, { handle: (delivery) => deliveries.handle(delivery), append, log: functionLog })
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
