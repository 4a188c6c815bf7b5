import { contractQueues, describeQueueContract } from '@plinth/core/contracts'
import { describeOnAws, onAccount } from './support/contract-place.ts'
import { queueSubject } from './support/queue-subject.ts'

const atOnce = 'moto has no fair queues; npm run verify:aws tries it on AWS'
const onMoto = {
  "every tenant makes progress under another's flood": atOnce,
  'a flood in a higher lane does not stop a lower one': atOnce,
  'tenants of one lane take turns': atOnce,
}

describeOnAws('[R22] [X8] [X11] SQS', (place) => {
  describeQueueContract('SqsQueue', {
    create: queueSubject(place, contractQueues),
    unsupported: {
      ...(onAccount ? {} : onMoto),
      'tenants of one lane are served by their weights while all have work, and the light one never waits for long':
        'SQS knows no weights',
    },
  })
})
