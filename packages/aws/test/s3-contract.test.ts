import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { describeObjectStoreContract } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { S3ObjectStore } from '../src/s3-object-store.ts'
import { describeOnAws } from './support/contract-place.ts'

describeOnAws('S3', (place) => {
  describeObjectStoreContract('S3ObjectStore', {
    create: async () => {
      const clock = new FakeClock()
      // moto answers 500 to who reads what is overwritten at that moment.
      const client = place.open({ maxAttempts: 4 }).s3
      const bucket = place.name('contract')
      await client.send(new CreateBucketCommand({ Bucket: bucket }))
      const open = () => new S3ObjectStore({ client, bucket, clock })
      return { port: open(), clock, reopen: async () => open(), dispose: async () => client.destroy() }
    },
  })
})
