import { describe, expect, it } from 'vitest'
import {
  appendAll,
  collect,
  describeEventBusContract,
  describeEventStreamContract,
  describeOperationsContract,
  describeQueueContract,
  describeQueueModel,
  describeStateStoreContract,
  describeStateStoreModel,
  entryOf,
  eventOf,
  jobOf,
  keyOf,
  rejection,
  rowOf,
  streamBench,
} from '../src/contracts/index.ts'
import { ConflictError, UnavailableError } from '../src/errors.ts'
import type { Change, StateStore } from '../src/ports/state-store.ts'
import { writtenKey } from '../src/ports/state-store.ts'
import {
  FakeClock,
  HostileEventBus,
  HostileEventStream,
  HostileOperations,
  type HostileOptions,
  HostileQueue,
  HostileStateStore,
  Hostility,
  MemoryEventBus,
  MemoryEventStream,
  MemoryQueue,
  MemoryStateStore,
} from '../src/testing/index.ts'

const dispose = async (): Promise<void> => {}

function stateSubject(faults: Partial<HostileOptions>, patient: boolean) {
  const clock = new FakeClock()
  const state = new HostileStateStore(new MemoryStateStore({ clock }), new Hostility(clock, faults))
  return { port: patient ? new PatientStore(state) : state, clock, dispose }
}

function queueSubject(faults: Partial<HostileOptions> | true) {
  const clock = new FakeClock()
  return { port: { queue: new HostileQueue(new MemoryQueue({ clock }), clock, new Hostility(clock, faults)) }, clock, dispose }
}

/** Does what a caller has to do after a ConflictError: read again, and decide again. */
class PatientStore implements StateStore {
  readonly #store: StateStore
  get: StateStore['get']
  read: StateStore['read']
  list: StateStore['list']
  add: StateStore['add']
  events: StateStore['events']
  constructor(store: StateStore) {
    this.#store = store
    this.get = store.get.bind(store)
    this.read = store.read.bind(store)
    this.list = store.list.bind(store)
    this.add = store.add.bind(store)
    this.events = store.events.bind(store)
  }
  async commit(change: Change, durability?: 'synced' | 'relaxed'): Promise<void> {
    for (;;) {
      const refused = await this.#store.commit(change, durability).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (refused === undefined) return
      if (!(refused instanceof ConflictError) || !(await this.#holds(change))) throw refused
    }
  }
  async #holds(change: Change): Promise<boolean> {
    for (const write of change.writes) {
      if (!('ifVersion' in write) || write.ifVersion === undefined) continue
      if (((await this.get(writtenKey(write)))?.version ?? 'absent') !== write.ifVersion) return false
    }
    return true
  }
}

describeStateStoreContract('HostileStateStore with stale lists', { create: async () => stateSubject({ staleLists: 6 }, false) })
describeStateStoreModel('HostileStateStore with stale lists', {
  create: async () => stateSubject({ staleLists: 6 }, false),
  runs: 60,
})

// Which of several conflicts is named, and so how a race ends for the patient, stays as promised under conflicts out of nothing.
describeStateStoreContract('HostileStateStore with conflicts, read again', {
  create: async () => stateSubject({ conflict: 0.4 }, true),
})

const untimely = 'when a delivery comes is not exact under delays, repetitions and leases that are lost early'
const repeated = 'deliveries are repeated on purpose'
const sentTwice = 'a job that was said not to be sent is sent twice'
describeQueueContract('HostileQueue', {
  create: async () => queueSubject(true),
  unsupported: {
    'send gives a result a job in their order, and refuses what is beyond the limits': 'sends fail on purpose',
    'a job that is done or dead does not come back': repeated,
    'a handler that throws is called again after a second': repeated,
    'notBefore and retryAt hold a job back': untimely,
    'drain takes nothing more and waits for what runs': repeated,
    'at most concurrency handlers of one consumption run at a time':
      'how many deliveries there are is not exact when they are repeated',
    'a delivery whose lease runs out is delivered again, and its signal fires': untimely,
    'who lost the lease cannot bring the job back': untimely,
    'extend keeps a lease from now on, for longer or shorter, and rejects when it is lost': untimely,
    'a handler that ends in time keeps its lease to itself': untimely,
    'a hung handler holds up neither its job nor the others': untimely,
    'a lease tells how many deliveries of its job ended without an outcome: thrown, or lost; others do not count': untimely,
    'lanes are served 6 : 3 : 1 while all are full, so that none starves': 'delays empty a lane for a while',
    'an idle lane leaves its share to the others': 'delays empty a lane for a while',
    "every tenant makes progress under another's flood": 'the one job may be delayed',
    'a flood in a higher lane does not stop a lower one': 'the one job may be delayed',
  },
})
describeQueueContract('HostileQueue with sends that fail', {
  create: async () => queueSubject({ failSend: 0.3 }),
  unsupported: {
    'send gives a result a job in their order, and refuses what is beyond the limits': 'sends fail on purpose',
    'a job that is done or dead does not come back': sentTwice,
    'drain takes nothing more and waits for what runs': sentTwice,
    'a handler that throws is called again after a second': sentTwice,
    'notBefore and retryAt hold a job back': sentTwice,
    'a delivery whose lease runs out is delivered again, and its signal fires': sentTwice,
    'who lost the lease cannot bring the job back': sentTwice,
    'extend keeps a lease from now on, for longer or shorter, and rejects when it is lost': sentTwice,
    'a handler that ends in time keeps its lease to itself': sentTwice,
    'a hung handler holds up neither its job nor the others': sentTwice,
    'a lease tells how many deliveries of its job ended without an outcome: thrown, or lost; others do not count': sentTwice,
  },
})
describeQueueModel('HostileQueue', { create: async () => queueSubject(true), duplicates: true, runs: 60 })

describeEventBusContract('HostileEventBus', {
  create: async () => {
    const clock = new FakeClock()
    const bus = new MemoryEventBus()
    return {
      port: { bus: new HostileEventBus(bus, clock, new Hostility(clock, true)), received: async () => bus.published },
      clock,
      dispose,
    }
  },
})

describeEventStreamContract('HostileEventStream', {
  create: async () => {
    const clock = new FakeClock()
    const { data } = new MemoryEventStream({ clock })
    const hostility = new Hostility(clock, true)
    const open = () => new HostileEventStream(new MemoryEventStream({ clock, data }), hostility)
    return { port: open(), clock, reopen: async () => open(), dispose }
  },
  unsupported: {
    'append gives a result an entry, in the order given; sequences grow within a partition': 'some are refused on purpose',
    'after a new start deliveries go on behind the last kept': 'how far it was is forgotten on purpose',
    'what is not kept is offered to be kept when nothing new comes for a while, once': 'a delivery may come again, and owes anew',
  },
})

describeOperationsContract('HostileOperations', {
  create: async () => {
    const clock = new FakeClock()
    const state = new MemoryStateStore({ clock })
    return { port: { state, operations: new HostileOperations(state.operations, new Hostility(clock, true)) }, clock, dispose }
  },
  unsupported: {
    'every committed job is pending until it is settled': 'what was settled shows again, so that counts are not exact',
    'every committed event is pending until it is settled': 'what was settled shows again, so that counts are not exact',
  },
})

describe('Hostility', () => {
  const job = jobOf('t', 'job', { queue: 'q' })

  it('conflicts on demand, although nothing changed, and changes nothing then', async () => {
    const clock = new FakeClock()
    const hostility = new Hostility(clock)
    const state = new HostileStateStore(new MemoryStateStore({ clock }), hostility)
    const key = keyOf('t', 'row')
    hostility.conflictNext(2)
    await state.commit({ writes: [{ put: rowOf(keyOf('t', 'unconditional')) }] })
    for (let time = 0; time < 2; time++) {
      const error = await rejection(
        state.commit({ writes: [{ put: rowOf(key), ifVersion: 'absent' }], emit: [eventOf('t', 'event')] }),
      )
      expect(error).toBeInstanceOf(ConflictError)
      expect((error as ConflictError).key).toBe('contract/partition/row')
    }
    expect(await state.get(key)).toBeUndefined()
    await state.commit({ writes: [{ put: rowOf(key), ifVersion: 'absent' }] })
    expect(await state.events('t', { after: 0, limit: 10 })).toEqual([])
    expect(hostility.injected.conflict).toBe(2)
  })

  it('loses the answer of a change that happened whole', async () => {
    const clock = new FakeClock()
    const hostility = new Hostility(clock)
    const state = new HostileStateStore(new MemoryStateStore({ clock }), hostility)
    hostility.ambiguousNext(2)
    const change = { writes: [{ put: rowOf(keyOf('t', 'row')) }], emit: [eventOf('t', 'event')] }
    await expect(state.commit(change)).rejects.toThrow(UnavailableError)
    await expect(state.add(keyOf('t', 'count'), 'count', 1)).rejects.toThrow(UnavailableError)
    expect(await state.get(keyOf('t', 'row'))).toBeDefined()
    expect((await state.get(keyOf('t', 'count')))?.index).toEqual({ count: 1 })
    expect(await state.events('t', { after: 0, limit: 10 })).toHaveLength(1)
    hostility.unavailableNext(1)
    await expect(state.add(keyOf('t', 'count'), 'count', 1)).rejects.toThrow(UnavailableError)
    expect(await state.add(keyOf('t', 'count'), 'count', 1)).toBe(2)
  })

  it('shows lists as they were some changes ago, never expired rows', async () => {
    const clock = new FakeClock()
    const state = new HostileStateStore(new MemoryStateStore({ clock }), new Hostility(clock, { staleLists: 3 }))
    const query = { tenant: 't', collection: 'contract', list: 0, group: 'g', limit: 100 }
    for (let count = 0; count < 20; count++) {
      await state.commit({
        writes: [
          { put: rowOf(keyOf('t', `row-${count}`), { lists: [{ group: 'g', order: 'o' }], expires: clock.now() + 1_000 }) },
        ],
      })
    }
    const sizes = new Set<number>()
    for (let look = 0; look < 50; look++) sizes.add((await state.list(query)).items.length)
    expect([...sizes].toSorted()).toEqual([17, 18, 19, 20])
    expect(await collect(state.read('t', 'contract', 'partition'))).toHaveLength(20)
    await clock.advance(1_000)
    for (let look = 0; look < 10; look++) expect((await state.list(query)).items).toEqual([])
  })

  it('delivers twice, also at the same time', async () => {
    const { clock, port } = queueSubject({ duplicateDelivery: 0.999 })
    let running = 0
    let most = 0
    port.queue.consume('q', { concurrency: 5 }, async () => {
      most = Math.max(most, ++running)
      await clock.advance(0)
      running--
      return { done: true }
    })
    await port.queue.send([job])
    await clock.advance(0)
    expect(most).toBe(2)
  })

  it('delivers again after an outcome was kept', async () => {
    const { clock, port } = queueSubject({ redeliverSettled: 0.5 })
    const times: number[] = []
    port.queue.consume('q', { concurrency: 5 }, async () => {
      times.push(clock.now())
      return { done: true }
    })
    await port.queue.send(Array.from({ length: 20 }, () => job))
    await clock.advance(600_000)
    expect(times.length).toBeGreaterThan(25)
    expect(Math.max(...times)).toBeGreaterThan(clock.now() - 600_000 + 10_000)
  })

  it('loses leases early: the signal fires, another gets the job, the outcome does not count', async () => {
    const { clock, port } = queueSubject({ loseLease: 0.5 })
    const outcomes: string[] = []
    port.queue.consume('q', { concurrency: 20 }, async (_job, lease) => {
      await Promise.race([clock.advance(0), new Promise((resolve) => lease.signal.addEventListener('abort', resolve))])
      outcomes.push(lease.signal.aborted ? 'lost' : 'kept')
      if (lease.signal.aborted) await expect(lease.extend(1_000)).rejects.toThrow(UnavailableError)
      return { done: true }
    })
    await port.queue.send(Array.from({ length: 30 }, () => job))
    for (let second = 0; second < 60; second++) await clock.advance(1_000)
    expect(outcomes.filter((outcome) => outcome === 'kept')).toHaveLength(30)
    expect(outcomes.filter((outcome) => outcome === 'lost').length).toBeGreaterThan(5)
  })

  it('counts the cut-offs of a job over every way that it comes again, and now and then tells one more or less', async () => {
    const outcomes: ('thrown' | 'lost' | 'kept')[] = []
    const told: number[] = []
    const { clock, port } = queueSubject({ loseLease: 0.6 })
    port.queue.consume('q', { concurrency: 1 }, async (_job, lease) => {
      told.push(lease.cutOffs)
      await Promise.race([clock.advance(0), new Promise((resolve) => lease.signal.addEventListener('abort', resolve))])
      outcomes.push(lease.signal.aborted ? 'lost' : outcomes.length % 3 === 0 ? 'thrown' : 'kept')
      if (outcomes.at(-1) === 'thrown') throw new Error('The handler failed, as it was told to.')
      return { retryAt: clock.now() }
    })
    await port.queue.send([job])
    for (let second = 0; second < 60; second++) await clock.advance(1_000)
    const before = (index: number): number => outcomes.slice(0, index).filter((outcome) => outcome !== 'kept').length
    expect(told.slice(0, outcomes.length)).toEqual(outcomes.map((_, index) => before(index)))
    expect(new Set(outcomes)).toEqual(new Set(['thrown', 'lost', 'kept']))

    const odd = queueSubject({ miscountCutOffs: 0.5 })
    const counts = new Set<number>()
    odd.port.queue.consume('q', { concurrency: 1 }, async (_job, lease) => {
      counts.add(lease.cutOffs)
      return { done: true }
    })
    await odd.port.queue.send(Array.from({ length: 50 }, () => job))
    await odd.clock.advance(0)
    expect([...counts].toSorted()).toEqual([0, 1])
  })

  it('refuses entries, loses answers, delivers again, cuts deliveries in two and forgets how far it was', async () => {
    const clock = new FakeClock()
    const hostility = new Hostility(clock, true)
    const subject = { port: new HostileEventStream(new MemoryEventStream({ clock }), hostility), clock, dispose }
    const worker = streamBench(subject, ['t'])
    const texts = Array.from({ length: 600 }, (_, index) => `${index}`)
    for (let start = 0; start < texts.length; start += 6) {
      await appendAll(subject, 't', 'p', texts.slice(start, start + 6))
      await clock.advance(0)
    }
    await worker.reached(texts.length, 'p')
    expect(worker.firsts('p')).toEqual(texts)
    for (const fault of ['throttleAppend', 'ambiguousAppend', 'redeliverEntries', 'splitDelivery', 'loseProgress'] as const)
      expect(hostility.injected[fault], fault).toBeGreaterThan(0)
    await worker.drain()
  })

  it('refuses the end of a partition only: what is kept of a call comes before what is not', async () => {
    const clock = new FakeClock()
    const stream = new HostileEventStream(new MemoryEventStream({ clock }), new Hostility(clock, { throttleAppend: 0.9 }))
    const entries = Array.from({ length: 40 }, (_, index) => entryOf(`p-${index % 4}`, `${index}`))
    for (let round = 0; round < 20; round++) {
      const results = await stream.append('t', entries)
      for (let partition = 0; partition < 4; partition++) {
        const kept = results.filter((_, index) => index % 4 === partition).map((result) => 'sequence' in result)
        expect(kept.toSorted((a, b) => Number(b) - Number(a))).toEqual(kept)
      }
    }
  })

  it('is repeated by its seed', async () => {
    const once = async (): Promise<string[]> => {
      const { clock, port } = queueSubject(true)
      const log: string[] = []
      port.queue.consume('q', { concurrency: 3 }, async (each) => {
        log.push(`${each.id} at ${clock.now()}`)
        return { done: true }
      })
      for (let count = 0; count < 30; count++) await port.queue.send([{ ...job, id: `${count}` }]).catch(() => {})
      await clock.advance(300_000)
      return log
    }
    expect(await once()).toEqual(await once())
  })
})
