import { describeEventStreamContract } from '@plinth/core/contracts'
import { describeOnAws, onAccount } from './support/contract-place.ts'
import { describeWithKinesalite } from './support/kinesalite.ts'
import { notOnKinesis, oneByOne, streamSubject } from './support/stream-bench.ts'

describeOnAws('[R70] Kinesis', (place) => {
  describeEventStreamContract('KinesisEventStream', {
    create: streamSubject(() => (onAccount ? place.clients.kinesis : oneByOne(place.clients.kinesis)), place.name('contract')),
    unsupported: notOnKinesis,
  })
})

if (!onAccount)
  describeWithKinesalite('[R70] another emulator', (kinesalite) => {
    describeEventStreamContract('KinesisEventStream on kinesalite', {
      create: streamSubject(() => kinesalite.client, 'contract'),
      unsupported: notOnKinesis,
    })
  })
