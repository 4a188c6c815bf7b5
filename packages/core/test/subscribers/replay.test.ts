import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timestamp } from '../../src/index.ts'
import { changeSubscriber } from '../../src/subscribers/manage-subscribers.ts'
import { receiveMessages } from '../../src/subscribers/pull-queue.ts'
import { getReplay, type NewReplay, replayLimit, startReplay } from '../../src/subscribers/replay.ts'
import { memoryGround, SubscriberBench, webhook } from './subscriber-bench.ts'

const minute = 60_000

async function withEvents(bench: SubscriberBench, amount: number, type?: string): Promise<void> {
  for (let index = 0; index < amount; index++) {
    await bench.emit(`event-${index}`, {}, type === undefined ? {} : { type })
    await bench.pass(1_000)
  }
}

async function replayed(bench: SubscriberBench, replay: NewReplay): Promise<string[]> {
  const before = bench.ground.outbound.requests.length
  const { replay_id } = await startReplay(await bench.scope(), replay)
  await bench.pass(minute)
  expect(await getReplay(await bench.scope(), replay_id)).toMatchObject({ status: 'completed' })
  return bench.ground.outbound.requests.slice(before).map(({ body }) => (JSON.parse(String(body)) as { subject: string }).subject)
}

describe('[R21] a replay', () => {
  it('tells from a sequence on, up to what there is now, under the same ids', async () => {
    const bench = await SubscriberBench.open()
    await bench.subscribe()
    await withEvents(bench, 5)
    const replay = await startReplay(await bench.scope(), { from: { sequence: 3 } })
    expect(replay).toMatchObject({ status: 'running', from_sequence: 3, to_sequence: 5 })
    await bench.emit('later')
    await bench.pass(minute)
    const ids = bench.received().map(({ headers, body }) => [headers['webhook-id'], body.subject] as const)
    const counts = new Map<string, number>()
    for (const [id] of ids) counts.set(id ?? '', (counts.get(id ?? '') ?? 0) + 1)
    const events = await bench.events()
    expect(events.map((event) => counts.get(event.id))).toEqual([1, 1, 2, 2, 2, 1])
    expect(await getReplay(await bench.scope(), replay.replay_id)).toMatchObject({
      status: 'completed',
      deliveries: 3,
      next_sequence: 6,
    })
    await bench.stop()
  })

  it('tells nothing that happens while it is under way a second time', async () => {
    const bench = await SubscriberBench.open()
    for (let index = 0; index < 205; index++) await bench.emit(`event-${index}`)
    await bench.pass(minute)
    await bench.subscribe()
    const { replay_id } = await startReplay(await bench.scope(), { from: { sequence: 1 } })
    await bench.pass(0)
    const { status, next_sequence } = await getReplay(await bench.scope(), replay_id)
    expect(status).toBe('running')
    expect(next_sequence).toBeGreaterThan(100)
    await bench.emit('later')
    await bench.pass(minute)
    expect(await getReplay(await bench.scope(), replay_id)).toMatchObject({ status: 'completed', deliveries: 205 })
    expect(bench.received().filter(({ body }) => body.subject === 'later')).toHaveLength(1)
    await bench.stop()
  })

  it('from the beginning, of one type, or to one subscriber', async () => {
    const bench = await SubscriberBench.open()
    await withEvents(bench, 3, 'genai.request.received')
    await withEvents(bench, 2, 'genai.request.failed')
    const { id } = await bench.subscribe(webhook('/new'))
    await bench.subscribe(webhook('/other', { type: [{ suffix: '.failed' }] }))
    expect((await replayed(bench, { from: { sequence: 0 } })).length).toBe(7)
    expect((await replayed(bench, { from: { sequence: 1 }, type: 'genai.request.received' })).toSorted()).toEqual([
      'event-0',
      'event-1',
      'event-2',
    ])
    expect((await replayed(bench, { from: { sequence: 1 }, type: 'no.such.type' })).length).toBe(0)
    expect((await replayed(bench, { from: { sequence: 1 }, subscriber_id: id })).length).toBe(5)
    expect(bench.received('/other')).toHaveLength(2)
    await bench.stop()
  })

  it('fills a pull queue again, and each replay anew', async () => {
    const bench = await SubscriberBench.open()
    const { id } = await bench.subscribe({ target: { type: 'queue' } })
    await withEvents(bench, 2)
    await startReplay(await bench.scope(), { from: { sequence: 1 } })
    await startReplay(await bench.scope(), { from: { sequence: 2 } })
    await bench.pass(minute)
    const received = await receiveMessages(await bench.scope(), id, { max: 100, visibilityMilliseconds: minute })
    expect(received.map(({ event }) => event.sequence).toSorted()).toEqual([1, 1, 2, 2, 2])
    await bench.stop()
  })

  it('from a time on, where times and sequences disagree a little', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -300, max: 1_000 }), { minLength: 1, maxLength: 25 }),
        fc.nat(),
        async (steps, pick) => {
          const bench = await SubscriberBench.open()
          await bench.subscribe()
          for (const [index, step] of steps.entries()) {
            bench.ground.clock.jump(bench.ground.clock.now() + step)
            await bench.emit(`event-${index}`)
          }
          await bench.pass(minute)
          const events = await bench.events()
          const time = (events[pick % events.length]?.time ?? 0) + (pick % 3) - 1
          const wanted = events.filter((event) => event.time >= time).map((event) => event.subject)
          expect((await replayed(bench, { from: { time } })).toSorted()).toEqual(wanted.toSorted())
          await bench.stop()
        },
      ),
      { numRuns: 25 },
    )
  })

  it('refuses what lies ahead, and takes what has nothing to tell', async () => {
    const bench = await SubscriberBench.open()
    const scope = await bench.scope()
    expect(await startReplay(scope, { from: { sequence: 0 } })).toMatchObject({
      status: 'completed',
      from_sequence: 1,
      to_sequence: 0,
    })
    await withEvents(bench, 2)
    const now = bench.ground.clock.now()
    for (const from of [{ sequence: 4 }, { sequence: 1e12 }, { time: now + 1 }])
      await expect(startReplay(scope, { from }), JSON.stringify(from)).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'from',
      })
    expect(await startReplay(scope, { from: { sequence: 3 } })).toMatchObject({ status: 'completed' })
    expect(await startReplay(scope, { from: { time: now } })).toMatchObject({
      status: 'completed',
      from_sequence: 3,
      to_sequence: 2,
    })
    await expect(startReplay(scope, { from: { sequence: 1 }, subscriber_id: 'nobody' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await bench.stop()
  })

  it("is the tenant's own, and its events are", async () => {
    const bench = await SubscriberBench.open()
    await bench.subscribe(webhook('/alpha'))
    const theirs = await bench.subscribe(webhook('/beta'), 'beta')
    await bench.emit('alpha')
    await bench.emit('beta', {}, { tenant: 'beta' })
    await bench.pass(minute)
    const { replay_id } = await startReplay(await bench.scope('beta'), { from: { sequence: 1 } })
    await bench.pass(minute)
    expect(bench.received('/alpha')).toHaveLength(1)
    expect(bench.received('/beta').map(({ body }) => body.tenant_id)).toEqual(['beta', 'beta'])
    await expect(getReplay(await bench.scope('alpha'), replay_id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(
      startReplay(await bench.scope('alpha'), { from: { sequence: 1 }, subscriber_id: theirs.id }),
    ).rejects.toMatchObject({ code: 'not_found' })
    await bench.stop()
  })

  it('only so many are under way at a time', async () => {
    const bench = await SubscriberBench.open()
    await withEvents(bench, 1)
    const scope = await bench.scope()
    const all = Array.from({ length: replayLimit + 2 }, () => startReplay(scope, { from: { sequence: 1 } }))
    const refusals = (await Promise.allSettled(all)).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(refusals).toMatchObject(Array(2).fill({ code: 'too_many_replays', retryAfter: 10 }))
    await bench.pass(minute)
    await startReplay(scope, { from: { sequence: 1 } })
    await bench.stop()
  })

  it('begins every delivery, each once, whatever is cut off on the way; also of many subscribers and events', async () => {
    const ground = memoryGround()
    const bench = await SubscriberBench.open({ ground })
    const ids = await Promise.all(
      Array.from({ length: 23 }, (_, index) =>
        bench.subscribe(webhook(`/${index}`, index % 2 ? {} : { subject: [{ suffix: '7' }] })),
      ),
    )
    await changeSubscriber(await bench.scope(), ids[5]?.id ?? '', { status: 'disabled' })
    for (let index = 0; index < 130; index++) await bench.emit(`event-${index}`)
    await bench.pass(minute)
    const before = bench.ground.outbound.requests.length
    const { replay_id } = await startReplay(await bench.scope(), { from: { sequence: 1 } })
    ground.memory.hostile.set({
      duplicateDelivery: 0.3,
      redeliverSettled: 0.3,
      loseLease: 0.2,
      conflict: 0.1,
      ambiguousCommit: 0.05,
    })
    await bench.pass(10 * minute)
    ground.memory.hostile.calm()
    await bench.pass(60 * minute, minute)
    const replay = await getReplay(await bench.scope(), replay_id)
    expect(replay.status).toBe('completed')
    // Eleven subscribers want all 130 events, one of them is disabled; twelve want the 13 that end with 7.
    expect(replay.deliveries).toBe(10 * 130 + 12 * 13)
    const told = bench.ground.outbound.requests
      .slice(before)
      .map(({ url, body }) => `${url} ${(JSON.parse(String(body)) as { subject: string }).subject}`)
    expect(new Set(told).size).toBe(10 * 130 + 12 * 13)
    await bench.stop()
  })

  it('says when its events were: a time of the log is a good beginning', async () => {
    const bench = await SubscriberBench.open()
    await bench.subscribe()
    await withEvents(bench, 4)
    const events = await bench.events()
    const from = Date.parse(timestamp(events[2]?.time ?? 0))
    expect((await replayed(bench, { from: { time: from } })).toSorted()).toEqual(['event-2', 'event-3'])
    await bench.stop()
  })
})
