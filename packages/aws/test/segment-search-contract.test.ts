import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { createPlatform, SegmentSearchIndex } from '@plinth/core'
import { describeSearchIndexContract } from '@plinth/core/contracts'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { vi } from 'vitest'
import { S3ObjectStore } from '../src/s3-object-store.ts'
import { describeOnAws, onAccount } from './support/contract-place.ts'
import { tableSubject } from './support/dynamodb-subject.ts'

// moto copies the whole table for each transaction.
vi.setConfig({ testTimeout: 60_000 })

const models = scriptedModels(() => 'none')

describeOnAws('[R29] [R126] SegmentSearchIndex', (place) => {
  describeSearchIndexContract('SegmentSearchIndex over DynamoDB and S3', {
    fresh: !onAccount,
    create: async () => {
      const table = await tableSubject(place, ({ state }) => state)()
      const { clock } = table
      const client = place.open({ maxAttempts: 4 }).s3
      const bucket = place.name('segments')
      await client.send(new CreateBucketCommand({ Bucket: bucket }))
      const { adapters } = memoryPlatform({ models, ...(clock ? { clock } : {}) })
      const objects = new S3ObjectStore({ client, bucket, clock: adapters.clock })
      const open = () => {
        const operator = createPlatform('aws', { ...adapters, state: table.port, objects }, models, {}).operate()
        return new SegmentSearchIndex({
          state: (tenant) => operator.state(tenant),
          objects: (tenant) => operator.objectsOf(tenant),
          clock: adapters.clock,
        })
      }
      return {
        ...table,
        port: open(),
        reopen: async () => open(),
        dispose: async () => {
          client.destroy()
          await table.dispose()
        },
      }
    },
  })
})
