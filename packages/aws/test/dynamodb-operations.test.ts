import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { DynamoDBOperations } from '../src/dynamodb-operations.ts'
import { nowhere } from './support/answering.ts'

describe('whoever waits for what is pending', () => {
  it('is woken every ten seconds, and leaves no timer when it goes as it is woken', async () => {
    const clock = new FakeClock()
    const operations = new DynamoDBOperations({ client: new DynamoDBClient(nowhere), table: 'plinth', clock })
    let woken = 0
    const leave = operations.onPending(() => {
      woken++
      if (woken === 2) leave()
    })
    await clock.advance(60_000)
    expect({ woken, timers: clock.timers }).toEqual({ woken: 2, timers: 0 })
  })
})
