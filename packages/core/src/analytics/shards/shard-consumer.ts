import { defineStreamConsumer, type StreamConsumer } from '../../define/stream-consumer.ts'
import { keyParts } from './detecting-parts.ts'
import { ShardWork } from './shard-work.ts'

export const analyticsConsumer: StreamConsumer = defineStreamConsumer({
  name: 'analytics.shards',
  summary: "Works on the records of streams: windows, detectors, and what the user's rules say of each.",
  open: () => new ShardWork({ parts: keyParts }),
})
