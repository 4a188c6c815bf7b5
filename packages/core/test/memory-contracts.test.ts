import {
  describeEventBusContract,
  describeOperationsContract,
  describeQueueContract,
  describeQueueModel,
  describeStateStoreContract,
  describeStateStoreModel,
} from '../src/contracts/index.ts'
import { FakeClock, MemoryEventBus, MemoryQueue, MemoryStateStore } from '../src/testing/index.ts'

const dispose = async (): Promise<void> => {}

describeStateStoreContract('MemoryStateStore', {
  create: async () => {
    const clock = new FakeClock()
    return { port: new MemoryStateStore({ clock }), clock, dispose }
  },
})

describeQueueContract('MemoryQueue', {
  create: async () => {
    const clock = new FakeClock()
    return { port: { queue: new MemoryQueue({ clock }) }, clock, dispose }
  },
})

describeEventBusContract('MemoryEventBus', {
  create: async () => {
    const bus = new MemoryEventBus()
    return { port: { bus, received: async () => bus.published }, clock: new FakeClock(), dispose }
  },
})

describeOperationsContract('MemoryStateStore', {
  create: async () => {
    const clock = new FakeClock()
    const state = new MemoryStateStore({ clock })
    return { port: { state, operations: state.operations }, clock, dispose }
  },
})

describeStateStoreModel('MemoryStateStore', {
  create: async () => {
    const clock = new FakeClock()
    return { port: new MemoryStateStore({ clock }), clock, dispose }
  },
})

describeQueueModel('MemoryQueue', {
  create: async () => {
    const clock = new FakeClock()
    return { port: { queue: new MemoryQueue({ clock }) }, clock, dispose }
  },
})
