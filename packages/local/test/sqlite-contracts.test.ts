import type { StoredEvent } from '@plinth/core'
import {
  describeEventBusContract,
  describeEventStreamContract,
  describeOperationsContract,
  describeQueueContract,
  describeQueueModel,
  describeStateStoreContract,
  describeStateStoreModel,
  type Subject,
} from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { LocalEventBus } from '../src/index.ts'
import { type Opened, SqliteSubject } from './sqlite-subject.ts'

function subjectOf<Port>(choose: (opened: Opened) => Port): () => Promise<Subject<Port>> {
  return async () => {
    const sqlite = new SqliteSubject()
    return {
      port: choose(await sqlite.open()),
      clock: sqlite.clock,
      settle: () => sqlite.settle(),
      reopen: async () => choose(await sqlite.reopen()),
      dispose: () => sqlite.dispose(),
    }
  }
}

const state = { create: subjectOf(({ state }) => state) }
const queue = { create: subjectOf(({ queue }) => ({ queue })) }

describeEventStreamContract('SqliteEventStream', { create: subjectOf(({ stream }) => stream) })
describeStateStoreContract('SqliteStateStore', state)
describeStateStoreModel('SqliteStateStore', state)
describeQueueContract('SqliteQueue', queue)
describeQueueModel('SqliteQueue', queue)
const inTheCommit = 'a commit puts its jobs into the queue itself, in the same transaction, however far ahead they are'
describeOperationsContract('SqliteOperations', {
  create: subjectOf(({ state, operations }) => ({ state, operations })),
  unsupported: {
    'every committed job is pending until it is settled': inTheCommit,
    'a job further ahead than the queue allows is pending when it is near': inTheCommit,
  },
})
describeEventBusContract('LocalEventBus', {
  create: async () => {
    const bus = new LocalEventBus()
    const received: StoredEvent[] = []
    bus.subscribe((event) => void received.push(event))
    return { port: { bus, received: async () => received }, clock: new FakeClock(), dispose: async () => {} }
  },
})
