import { type Handler, type Job, jobLimits, type Lane, type Lease, type LogFields, type Outcome, sleep } from '@plinth/core'
import { describeQueueContract, describeQueueModel } from '@plinth/core/contracts'
import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { SqsQueue } from '../src/sqs-queue.ts'
import { errorNamed, SimulatedSqs } from './support/simulated-sqs.ts'

const minute = 60_000
const lane = 'test-a-job-normal'
const lanes: readonly Lane[] = ['high', 'normal', 'low']

const create = async () => {
  const clock = new FakeClock()
  const sqs = new SimulatedSqs(clock)
  let connection = sqs.connect()
  const open = (): { readonly queue: SqsQueue } => ({ queue: new SqsQueue({ client: connection.client, prefix: 'test', clock }) })
  const reopen = async () => {
    connection.cut()
    connection = sqs.connect()
    return open()
  }
  return { port: open(), clock, reopen, dispose: async () => {} }
}

const byItself = 'SQS does this by itself, by its fair queues'
describe('[R22] [X8] [X11] SQS, on a clock that can be moved', () => {
  describeQueueContract('SqsQueue on a simulated SQS', {
    create,
    unsupported: {
      "every tenant makes progress under another's flood": byItself,
      'a flood in a higher lane does not stop a lower one': byItself,
      'tenants of one lane take turns': byItself,
      'tenants of one lane are served by their weights while all have work, and the light one never waits for long':
        'SQS knows no weights',
    },
  })
  describeQueueModel('SqsQueue on a simulated SQS', { create })
})

describe('[X11] SqsQueue: what becomes of a job', () => {
  it('what was in the hands of a process that died is delivered again when its lease is over, and was cut off', async () => {
    const { sqs, clock, work } = setUp()
    sqs.put(lane, messageOf('job'))
    for (let deaths = 0; deaths < 3; deaths++) {
      const { deliveries, cut } = work(1, () => new Promise(() => {}))
      await clock.advance(minute)
      expect(deliveries[0]?.lease.cutOffs).toBe(deaths)
      cut()
    }
  })

  it('retryAt holds a job back for longer than SQS can, without a call of its handler', async () => {
    const { sqs, clock, work } = setUp()
    const start = clock.now()
    sqs.put(lane, messageOf('job'))
    const { deliveries } = work(1, (_, index) => (index === 0 ? { retryAt: start + 150 * minute } : { done: true }))
    await clock.advance(149 * minute)
    expect(deliveries).toHaveLength(1)
    await clock.advance(2 * minute)
    expect(deliveries.map(({ lease }) => lease.cutOffs)).toEqual([0, 0])
    expect(sqs.bodies(lane)).toEqual([])
  })

  it('an outcome that SQS cannot keep now is kept later, while the lease holds', async () => {
    const { sqs, clock, logged, work } = setUp()
    sqs.put(lane, messageOf('job'))
    let refused = 0
    sqs.refuse = (command) => (command === 'DeleteMessage' && refused++ < 5 ? errorNamed('ServiceUnavailable') : undefined)
    const { deliveries } = work(1, () => ({ done: true }))
    await clock.advance(2 * minute)
    expect([deliveries.length, refused, sqs.bodies(lane)]).toEqual([1, 6, []])
    expect(logged.at(-1)).toEqual({ queue: lane, message_id: 'message-1', job_id: 'job', fault: 'ServiceUnavailable' })
  })

  it('a job is never lost: when retryAt cannot be kept at all, it comes again after its lease', async () => {
    const { sqs, clock, work } = setUp()
    sqs.put(lane, messageOf('job'))
    sqs.refuse = (command) => (command === 'SendMessage' ? errorNamed('ServiceUnavailable') : undefined)
    const { deliveries } = work(1, (_, index) => (index === 0 ? { retryAt: clock.now() } : { done: true }))
    await clock.advance(jobLimits.leaseMilliseconds)
    expect(deliveries).toHaveLength(1)
    await clock.advance(minute)
    expect(deliveries.map(({ lease }) => lease.cutOffs)).toEqual([0, 1])
    expect(sqs.bodies(lane)).toEqual([])
  })

  it('a lease that SQS no longer knows is lost at once; one that SQS cannot extend now is not', async () => {
    const { sqs, clock, work } = setUp()
    sqs.put(lane, messageOf('job'))
    const { deliveries } = work(1, () => new Promise(() => {}))
    await clock.advance(0)
    const lease = deliveries[0]?.lease
    sqs.refuse = () => errorNamed('ServiceUnavailable')
    await expect(lease?.extend(minute)).rejects.toThrow(expect.objectContaining({ code: 'aws_unavailable' }))
    expect(lease?.signal.aborted).toBe(false)
    sqs.refuse = () => errorNamed('InvalidParameterValue')
    await expect(lease?.extend(minute)).rejects.toThrow(expect.objectContaining({ code: 'lease_lost' }))
    expect(lease?.signal.aborted).toBe(true)
  })
})

describe('[X8] SqsQueue: how it asks', () => {
  it('an idle consumption asks three times a minute for each lane', async () => {
    const { sqs, clock, work } = setUp()
    work(5, () => ({ done: true }))
    await clock.advance(minute)
    sqs.asked.length = 0
    await clock.advance(10 * minute)
    expect(sqs.asked.length).toBeLessThanOrEqual(3 * 3 * 10)
    expect(new Set(sqs.asked)).toEqual(new Set(lanes.map((each) => `ReceiveMessage test-a-job-${each}`)))
  })

  it('handlers that wait are shared out by the weights of the lanes, though SQS gives ten jobs at once', async () => {
    const { clock, put, work } = setUp()
    for (const lane of lanes) put(lane, 100)
    const { deliveries } = work(100, () => new Promise(() => {}))
    await clock.advance(0)
    expect(laneCounts(deliveries)).toEqual({ high: 60, normal: 30, low: 10 })
  })

  it('a lane that was empty has its share as soon as it has work, however busy the others are', async () => {
    const { clock, put, work } = setUp()
    put('normal', 1_000)
    const { deliveries } = work(1, () => sleep(clock, 100).then(() => ({ done: true })))
    await clock.advance(minute)
    expect(deliveries.length).toBeGreaterThan(590)
    put('high', 50)
    put('low', 50)
    await clock.advance(1_000)
    const before = deliveries.length
    await clock.advance(4_000)
    expect(laneCounts(deliveries.slice(before, before + 30))).toEqual({ high: 18, normal: 9, low: 3 })
  })

  it('a job that comes while every handler is busy goes to another worker at once, and was not cut off', async () => {
    const { sqs, clock, work } = setUp()
    const busy = work(1, () => new Promise(() => {}))
    await clock.advance(5_000)
    sqs.put('test-a-job-high', messageOf('first', { lane: 'high' }))
    await clock.advance(0)
    sqs.put('test-a-job-low', messageOf('second', { lane: 'low' }))
    await clock.advance(0)
    expect(busy.deliveries.map(({ job }) => job.id)).toEqual(['first'])
    expect(sqs.asked.slice(-2)).toEqual(['SendMessage test-a-job-low', 'DeleteMessage test-a-job-low'])
    const other = work(1, () => ({ done: true }))
    await clock.advance(0)
    expect(other.deliveries.map(({ job, lease }) => [job.id, lease.cutOffs])).toEqual([['second', 0]])
  })

  it('what SQS gives to a consumption that drains goes back at once, and was not cut off', async () => {
    const { sqs, clock, work } = setUp()
    const first = work(1, () => ({ done: true }))
    await clock.advance(5_000)
    sqs.put(lane, messageOf('job'))
    await first.drain()
    expect(sqs.asked.slice(-2)).toEqual([`SendMessage ${lane}`, `DeleteMessage ${lane}`])
    const second = work(1, () => ({ done: true }))
    await clock.advance(0)
    expect(first.deliveries).toEqual([])
    expect(second.deliveries.map(({ lease }) => lease.cutOffs)).toEqual([0])
  })

  it('[X9] a consumption that cannot ask waits longer and longer, says why by name, and never stops', async () => {
    const { sqs, clock, logged, work } = setUp()
    const { deliveries } = work(2, () => ({ done: true }))
    sqs.refuse = () => errorNamed('TimeoutError')
    sqs.put(lane, messageOf('job'))
    await clock.advance(minute)
    sqs.asked.length = 0
    await clock.advance(10 * minute)
    expect(sqs.asked.length).toBeLessThanOrEqual(3 * 6 * 10)
    expect(logged.at(-1)).toMatchObject({ fault: 'TimeoutError' })
    expect(JSON.stringify(logged)).not.toContain(errorNamed('').message)
    expect(deliveries).toEqual([])
    sqs.refuse = () => undefined
    await clock.advance(minute)
    expect(deliveries.map(({ job }) => job.id)).toEqual(['job'])
  })
})

describe('[X8] SqsQueue: jobs that share queues', () => {
  const place = 'test-rag-embed-normal'
  const put = (sqs: SimulatedSqs, queue: string, count: number): void => {
    for (let job = 0; job < count; job++) sqs.put(place, messageOf(`${queue}-${job}`, { queue }))
  }
  const counted = (sqs: SimulatedSqs, clock: FakeClock, concurrency: Readonly<Record<string, number>>, milliseconds: number) => {
    const queue = new SqsQueue({ client: sqs.connect().client, prefix: 'test', clock })
    const at: Record<string, number> = {}
    const most: Record<string, number> = {}
    const done: string[] = []
    const consumptions = Object.entries(concurrency).map(([name, handlers]) =>
      queue.consume(name, { concurrency: handlers }, async (job) => {
        at[name] = (at[name] ?? 0) + 1
        most[name] = Math.max(most[name] ?? 0, at[name])
        await sleep(clock, milliseconds)
        at[name]--
        done.push(job.id)
        return { done: true }
      }),
    )
    return { most, done, drain: () => Promise.all(consumptions.map((consumption) => consumption.drain())) }
  }

  it('each has its handlers, and no more than its concurrency; a flood of one holds the others up, and starves none', async () => {
    const { sqs, clock } = setUp()
    put(sqs, 'rag.embed', 60)
    put(sqs, 'rag.clean', 5)
    put(sqs, 'rag.maintain', 3)
    const { most, done } = counted(sqs, clock, { 'rag.embed': 2, 'rag.clean': 4, 'rag.maintain': 1 }, 1_000)
    await clock.advance(5 * minute)
    expect(done).toHaveLength(68)
    expect(most).toEqual({ 'rag.embed': 2, 'rag.clean': expect.any(Number), 'rag.maintain': 1 })
    expect(most['rag.clean']).toBeLessThanOrEqual(4)
    expect(sqs.bodies(place)).toEqual([])
  })

  it('one whose handlers are all busy costs a look in some seconds, not one after the other', async () => {
    const { sqs, clock } = setUp()
    put(sqs, 'rag.embed', 100)
    counted(sqs, clock, { 'rag.embed': 2, 'rag.clean': 4 }, 60 * minute)
    await clock.advance(5_000)
    sqs.asked.length = 0
    await clock.advance(10 * minute)
    // A look, and at the most ten jobs that go back by two calls each.
    expect(sqs.asked.length).toBeLessThanOrEqual(((10 * minute) / 5_000) * 21)
  })

  it('a job that nobody works here goes back, unburied, for who does; what is of other queues is put with the dead letters', async () => {
    const { sqs, clock } = setUp()
    put(sqs, 'rag.reindex', 1)
    put(sqs, 'event-driven.process', 1)
    const first = counted(sqs, clock, { 'rag.embed': 2 }, 1)
    await clock.advance(minute)
    expect([first.done, sqs.bodies('test-dead')]).toEqual([[], [expect.stringContaining('event-driven.process-0')]])
    const second = counted(sqs, clock, { 'rag.reindex': 1 }, 1)
    await clock.advance(minute)
    expect([second.done, sqs.bodies(place)]).toEqual([['rag.reindex-0'], []])
  })

  it('one drains while the others go on', async () => {
    const { sqs, clock } = setUp()
    const queue = new SqsQueue({ client: sqs.connect().client, prefix: 'test', clock })
    const done: string[] = []
    const take = (name: string) =>
      queue.consume(name, { concurrency: 1 }, async ({ id }) => {
        done.push(id)
        return { done: true }
      })
    const embed = take('rag.embed')
    const clean = take('rag.clean')
    await clock.advance(minute)
    await embed.drain()
    put(sqs, 'rag.embed', 1)
    put(sqs, 'rag.clean', 1)
    await clock.advance(minute)
    expect(done).toEqual(['rag.clean-0'])
    await clean.drain()
    take('rag.embed')
    await clock.advance(minute)
    expect(done).toEqual(['rag.clean-0', 'rag.embed-0'])
  })
})

interface Delivery {
  readonly job: Job
  readonly lease: Lease
}

function setUp() {
  const clock = new FakeClock()
  const sqs = new SimulatedSqs(clock)
  const logged: LogFields[] = []
  const note = (fields: LogFields): void => void logged.push(fields)
  const log = { debug: note, info: note, warn: note, error: note }
  /** A worker in a process of its own. */
  const work = (concurrency: number, answer: (job: Job, index: number) => Outcome | Promise<Outcome>) => {
    const deliveries: Delivery[] = []
    const handle: Handler = async (job, lease) => answer(job, deliveries.push({ job, lease }) - 1)
    const { client, cut } = sqs.connect()
    const consumption = new SqsQueue({ client, prefix: 'test', clock, log }).consume('a.job', { concurrency }, handle)
    return { deliveries, cut, drain: () => consumption.drain() }
  }
  const put = (lane: Lane, count: number): void => {
    for (let job = 0; job < count; job++) sqs.put(`test-a-job-${lane}`, messageOf(`${lane}-${job}`, { lane }))
  }
  return { clock, sqs, logged, put, work }
}

function laneCounts(deliveries: readonly Delivery[]): Readonly<Record<string, number>> {
  return Object.fromEntries(lanes.map((lane) => [lane, deliveries.filter(({ job }) => job.lane === lane).length]))
}

function messageOf(id: string, parts: Partial<Job> = {}): { readonly MessageBody: string } {
  const job: Job = { queue: 'a.job', tenant: 't', id, lane: 'normal', version: 1, correlationId: 'c', body: {}, ...parts }
  return { MessageBody: JSON.stringify(job) }
}
