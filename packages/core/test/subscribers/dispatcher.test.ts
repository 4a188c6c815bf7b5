import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Dispatcher, type Job, type Operator, patterns, type SendResult, type StoredEvent, silentLog } from '../../src/index.ts'
import { changeSubscriber } from '../../src/subscribers/manage-subscribers.ts'
import { hostileDefaults } from '../../src/testing/index.ts'
import { memoryGround, SubscriberBench, webhook } from './subscriber-bench.ts'

const minute = 60_000

interface Observed {
  readonly dispatcher: Dispatcher
  readonly sent: Job[]
  readonly reads: string[]
}

/** A dispatcher whose reads and sends are seen. */
function observe(
  operator: Operator,
  send: (jobs: readonly Job[]) => Promise<readonly SendResult[]> = async (jobs) => jobs.map(() => ({ sent: true })),
): Observed {
  const sent: Job[] = []
  const reads: string[] = []
  const { store, queue } = operator
  const watched: Operator = {
    ...operator,
    store: Object.assign(Object.create(store), {
      read: (tenant: string, ...rest: [string, string]) => {
        reads.push(tenant)
        return store.read(tenant, ...rest)
      },
    }),
    queue: Object.assign(Object.create(queue), {
      send: (jobs: readonly Job[]) => {
        sent.push(...jobs)
        return send(jobs)
      },
    }),
  }
  return { dispatcher: new Dispatcher({ operator: watched, patterns, log: silentLog }), sent, reads }
}

const event = (tenant: string, sequence: number, parts: Partial<StoredEvent> = {}): StoredEvent => ({
  kind: 'event',
  id: `${tenant}-${sequence}`,
  type: 'genai.request.completed',
  version: 1,
  tenant,
  subject: `subject-${sequence}`,
  correlationId: 'correlation',
  time: 0,
  detail: {},
  sequence,
  ...parts,
})

describe('[R21] the dispatcher', () => {
  it("reads each tenant's subscribers once for all of its events, and sends a job for each that matches", async () => {
    const bench = await SubscriberBench.open()
    const one = await bench.subscribe(webhook('/', { subject: [{ suffix: '1' }] }))
    const all = await bench.subscribe()
    const off = await bench.subscribe()
    await changeSubscriber(await bench.scope(), off.id, { status: 'disabled' })
    const { dispatcher, sent, reads } = observe(bench.ground.platform.operate())
    const events = [
      event('alpha', 1),
      event('beta', 1),
      event('alpha', 2),
      event('gamma', 1),
      event('beta', 2, { callback: true }),
    ]
    expect((await dispatcher.dispatch(events)).size).toBe(0)
    expect(reads.toSorted()).toEqual(['alpha', 'beta', 'gamma'])
    expect(sent.map(({ tenant, queue, body }) => [tenant, queue, body.target, body.sequence])).toEqual([
      ['alpha', 'event-driven.deliver', `subscriber:${[one.id, all.id].toSorted()[0]}`, 1],
      ['alpha', 'event-driven.deliver', `subscriber:${[one.id, all.id].toSorted()[1]}`, 1],
      ['alpha', 'event-driven.deliver', `subscriber:${all.id}`, 2],
      ['beta', 'event-driven.deliver', 'callback:subject-2', 2],
    ])
    expect(new Set(sent.map(({ id }) => id)).size).toBe(4)
    await bench.stop()
  })

  it('says of which events not every job was sent', async () => {
    const bench = await SubscriberBench.open()
    await bench.subscribe()
    const { dispatcher } = observe(bench.ground.platform.operate(), async (jobs) =>
      jobs.map(({ body }) => (body.sequence === 2 ? { sent: false, code: 'throttled' } : { sent: true })),
    )
    const events = [event('alpha', 1), event('alpha', 2), event('beta', 2)]
    expect([...(await dispatcher.dispatch(events))].map(({ id }) => id)).toEqual(['alpha-2'])
    const broken = observe(bench.ground.platform.operate(), () => Promise.reject(new Error('no answer')))
    expect([...(await broken.dispatcher.dispatch(events))].map(({ id }) => id)).toEqual(['alpha-1', 'alpha-2'])
    await bench.stop()
  })

  it("holds back a tenant's events when its subscribers can't be read, and no other's", async () => {
    const bench = await SubscriberBench.open()
    await bench.subscribe(webhook(), 'beta')
    const operator = bench.ground.platform.operate()
    const row = {
      tenant: 'alpha',
      collection: 'subscribers',
      partition: 'subscribers',
      sort: 'a',
      schema: 99,
      index: {},
      sealed: {},
      lists: [],
    }
    await operator.store.commit({ writes: [{ put: row }] })
    const { dispatcher, sent } = observe(operator)
    expect([...(await dispatcher.dispatch([event('alpha', 1), event('beta', 1)]))].map(({ id }) => id)).toEqual(['alpha-1'])
    expect(sent.map(({ tenant }) => tenant)).toEqual(['beta'])
    await bench.stop()
  })

  it('tells everyone of everything, whatever fails on the way, on the weakest legal platform', async () => {
    const target = fc.constantFrom('webhook', 'queue')
    await fc.assert(
      fc.asyncProperty(
        fc.array(target, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 5, max: 30 }),
        async (targets, amount) => {
          const ground = memoryGround()
          const bench = await SubscriberBench.open({ ground })
          const ids: string[] = []
          for (const [index, kind] of targets.entries())
            ids.push((await bench.subscribe(kind === 'queue' ? { target: { type: 'queue' } } : webhook(`/${index}`))).id)
          bench.answer((attempt, subject) => (attempt === 1 && subject.endsWith('3') ? { status: 500 } : {}))
          const { conflict: _, ambiguousCommit: __, ...faults } = hostileDefaults
          ground.memory.hostile.set(faults)
          for (let index = 0; index < amount; index++) await bench.emit(`event-${index}`)
          ground.memory.hostile.set(hostileDefaults)
          await bench.pass(20 * minute)
          ground.memory.hostile.calm()
          await bench.pass(60 * minute, minute)
          const wanted = Array.from({ length: amount }, (_, index) => `event-${index}`).toSorted()
          for (const [index, id] of ids.entries()) {
            const found = await bench.deliveries(`subscriber:${id}`)
            expect(found.map(({ subject }) => subject).toSorted()).toEqual(wanted)
            expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['delivered']))
            if (targets[index] === 'queue') continue
            const told = bench.received(`/${index}`)
            expect([...new Set(told.map(({ body }) => body.subject))].toSorted()).toEqual(wanted)
            for (const { body, headers } of told) expect(headers['webhook-id']).toBe(body.id)
          }
          expect(await bench.letters()).toEqual([])
          expect(await ground.memory.adapters.operations.pending(1_000)).toEqual([])
          await bench.stop()
        },
      ),
      { numRuns: 12 },
    )
  })
})
