import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Operations, StateStore } from '@plinth/core'
import type { Subject } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { systemClock } from '@plinth/outbound'
import { createTable } from '../../src/create-table.ts'
import { DynamoDBOperations } from '../../src/dynamodb-operations.ts'
import { DynamoDBStateStore } from '../../src/dynamodb-state-store.ts'
import { type ContractPlace, onAccount } from './contract-place.ts'

export interface OpenedTable {
  readonly state: StateStore
  readonly operations: Operations
}

let tables = 0

/** A table of its own. What it takes for the time stands still until a test moves it; waits between tries are real. */
export function tableSubject<Port>(place: ContractPlace, choose: (opened: OpenedTable) => Port): () => Promise<Subject<Port>> {
  return async () => {
    const client = clientOf(place)
    const table = place.name(`plinth-${++tables}`)
    await createTable({ client, table })
    // DynamoDB removes by its own time what has expired.
    const fake = new FakeClock(onAccount ? { now: Date.now() } : {})
    const clock = { ...systemClock, now: () => fake.now() }
    const opened: DynamoDBOperations[] = []
    const open = (): Port => {
      const operations = new DynamoDBOperations({ client, table, clock })
      opened.push(operations)
      const state = new DynamoDBStateStore({ client, table, clock, onEmitted: () => operations.emitted() })
      return choose({ state, operations })
    }
    return {
      port: open(),
      clock: fake,
      reopen: async () => open(),
      dispose: async () => {
        for (const operations of opened) operations.close()
        await client.send(new DeleteTableCommand({ TableName: table }))
        client.destroy()
      },
    }
  }
}

/**
 * moto rolls a transaction back by putting a copy of the whole table in place, and so takes back what others wrote meanwhile. So
 * it is sent one request at a time; what a commit is made of still meets what others are made of.
 */
function clientOf(place: ContractPlace): DynamoDBClient {
  if (onAccount) return place.open().dynamodb
  const { dynamodb } = place.open({ requestTimeout: 60_000 })
  let last: Promise<unknown> = Promise.resolve()
  dynamodb.middlewareStack.add(
    (next) => (args) => {
      const turn = last.then(() => next(args))
      last = turn.catch(() => undefined)
      return turn
    },
    { step: 'initialize' },
  )
  return dynamodb
}
