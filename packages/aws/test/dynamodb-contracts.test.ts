import { describeOperationsContract, describeStateStoreContract, describeStateStoreModel } from '@plinth/core/contracts'
import { vi } from 'vitest'
import { describeOnAws, onAccount } from './support/contract-place.ts'
import { tableSubject } from './support/dynamodb-subject.ts'

// moto copies the whole table for each transaction.
vi.setConfig({ testTimeout: 300_000 })

describeOnAws('[R7] [R92] [R126] DynamoDB', (place) => {
  // Of a small table moto copies little; DynamoDB copies nothing, but takes half a minute to make one.
  const fresh = !onAccount
  const state = { create: tableSubject(place, (opened) => opened.state), fresh }
  describeStateStoreContract('DynamoDBStateStore', state)
  describeStateStoreModel('DynamoDBStateStore', { ...state, runs: 40 })

  const byItself = "DynamoDB removes them by itself, by the attribute ttl; an emulator doesn't"
  describeOperationsContract('DynamoDBOperations', {
    create: tableSubject(place, (opened) => opened),
    fresh,
    unsupported: {
      'removeExpired removes what readers no longer see, and nothing else': byItself,
      'trimEvents removes settled events from before a time, and no others': byItself,
      'sequences go on after events were removed': byItself,
    },
  })
})
