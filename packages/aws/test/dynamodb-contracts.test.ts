import { describeOperationsContract, describeStateStoreContract, describeStateStoreModel } from '@plinth/core/contracts'
import { vi } from 'vitest'
import { tableSubject } from './support/dynamodb-subject.ts'
import { describeWithMoto } from './support/moto.ts'

// moto copies the whole table for each transaction.
vi.setConfig({ testTimeout: 300_000 })

describeWithMoto('[R7] [R126] DynamoDB', (moto) => {
  const state = { create: tableSubject(moto, (opened) => opened.state), fresh: true }
  describeStateStoreContract('DynamoDBStateStore', state)
  describeStateStoreModel('DynamoDBStateStore', { ...state, runs: 40 })

  const byItself = "DynamoDB removes them by itself, by the attribute ttl; an emulator doesn't"
  describeOperationsContract('DynamoDBOperations', {
    create: tableSubject(moto, (opened) => opened),
    fresh: true,
    unsupported: {
      'removeExpired removes what readers no longer see, and nothing else': byItself,
      'trimEvents removes settled events from before a time, and no others': byItself,
      'sequences go on after events were removed': byItself,
    },
  })
})
