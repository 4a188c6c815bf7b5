import { FakeClock, MemoryOutbound, scriptedModels } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { startReplay } from '../../core/src/subscribers/replay.ts'
import { type Ground, SubscriberBench, webhook } from '../../core/test/subscribers/subscriber-bench.ts'
import { localPlatform } from '../src/index.ts'

const minute = 60_000
const turns = 4

/** The embedded platform, on a clock and among receivers of the test's own. */
async function sqliteGround(directory: string, clock: FakeClock, outbound: MemoryOutbound): Promise<Ground> {
  const platform = await localPlatform({ directory, clock, outbound, models: scriptedModels(() => 'An answer.') })
  const { store } = platform.operate()
  // Whoever waits for the database's thread has its answer after some round trips of our own.
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) {
      await store.add({ tenant: '_system', collection: 'test', partition: 'settle', sort: '@' }, 'turns', 1)
      await clock.advance(0)
    }
  }
  return { platform, clock, outbound, settle, close: () => platform.close() }
}

describe('[R21] subscribers on SQLite', () => {
  it('are told, retried and redelivered over a restart, each event once it is taken', async () => {
    const directory = temporaryFolder()
    const clock = new FakeClock({ now: Date.now() })
    const outbound = new MemoryOutbound({ clock })
    let bench = await SubscriberBench.open({ ground: await sqliteGround(directory, clock, outbound) })
    bench.answer((attempt) => (attempt <= 2 ? { status: 503 } : {}))
    const hook = await bench.subscribe(webhook('/', { subject: [{ prefix: 'event' }] }))
    const queue = await bench.subscribe({ target: { type: 'queue' } })
    for (let index = 0; index < 20; index++) await bench.emit(`event-${index}`)
    await bench.emit('other')
    await bench.pass(10_000)
    const waiting = await bench.deliveries(`subscriber:${hook.id}`)
    expect(waiting.map(({ status, attempts }) => [status, attempts])).toEqual(Array(20).fill(['pending', 2]))
    expect(await bench.deliveries(`subscriber:${queue.id}`)).toHaveLength(21)
    await bench.stop()

    bench = await SubscriberBench.open({ ground: await sqliteGround(directory, clock, outbound) })
    await bench.pass(5 * minute)
    const told = await bench.deliveries(`subscriber:${hook.id}`)
    expect(told.map(({ status, attempts }) => [status, attempts])).toEqual(Array(20).fill(['delivered', 3]))
    expect(bench.received()).toHaveLength(60)
    expect(new Set(bench.received().map(({ headers }) => headers['webhook-id'])).size).toBe(20)
    await bench.stop()
  })

  it('are told of a request that names a callback, and once more by a replay', async () => {
    const clock = new FakeClock({ now: Date.now() })
    const outbound = new MemoryOutbound({ clock })
    const bench = await SubscriberBench.open({ ground: await sqliteGround(temporaryFolder(), clock, outbound) })
    const id = await bench.request({ callback_url: 'https://receiver.test/done' })
    await bench.pass(minute)
    expect(bench.received('/done').map(({ body }) => [body.type, body.subject])).toEqual([['genai.request.completed', id]])
    await bench.subscribe(webhook('/new'))
    await startReplay(await bench.scope(), { from: { sequence: 1 } })
    await bench.pass(minute)
    expect(
      bench
        .received('/new')
        .map(({ body }) => body.sequence)
        .toSorted(),
    ).toEqual([1, 2])
    expect(bench.received('/done')).toHaveLength(1)
    await bench.stop()
  })
})
