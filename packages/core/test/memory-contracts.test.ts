import {
  contractAnswer,
  describeEventBusContract,
  describeEventStreamContract,
  describeOperationsContract,
  describeOutboundContract,
  describeQueueContract,
  describeQueueModel,
  describeStateStoreContract,
  describeStateStoreModel,
} from '../src/contracts/index.ts'
import {
  FakeClock,
  MemoryEventBus,
  MemoryEventStream,
  MemoryOutbound,
  MemoryQueue,
  MemoryStateStore,
} from '../src/testing/index.ts'

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

describeEventStreamContract('MemoryEventStream', {
  create: async () => {
    const clock = new FakeClock()
    const port = new MemoryEventStream({ clock })
    const { data } = port
    return { port, clock, reopen: async () => new MemoryEventStream({ clock, data }), dispose }
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

describeOutboundContract('MemoryOutbound', {
  create: async () => {
    const clock = new FakeClock()
    const path = (url: string): string => new URL(url).pathname + new URL(url).search
    const outbound = new MemoryOutbound({
      clock,
      answer: ({ url }) => (url.includes('deaf.test') ? 'unreachable' : contractAnswer(path(url))),
    })
    const text = (body: string | Uint8Array = ''): string => (typeof body === 'string' ? body : new TextDecoder().decode(body))
    return {
      port: {
        outbound,
        url: (where) => `http://receiver.test${where}`,
        received: () =>
          outbound.requests.map(({ method, url, headers = {}, body }) => ({
            method,
            path: path(url),
            headers,
            body: text(body),
          })),
        refused: ['http://localhost/', 'http://127.0.0.1/', 'http://169.254.169.254/latest'],
        refusedName: 'http://rebinding.test/',
        deaf: 'http://deaf.test/',
      },
      clock,
      dispose,
    }
  },
})
