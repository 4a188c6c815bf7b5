import { describe, expect, it } from 'vitest'
import { followRequest } from '../../src/event-driven/follow.ts'
import { followEvents } from '../../src/event-driven/follow-events.ts'
import { streamId } from '../../src/event-driven/progress.ts'
import { newestSequence } from '../../src/scope/event-log.ts'
import { EventBench, read } from './bench.ts'

const open = (): AbortSignal => new AbortController().signal

describe('following a request', () => {
  it('shows each step once, and the whole request at the end', async () => {
    const bench = await EventBench.open(() => 'Here.')
    const id = await bench.submit()
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 100)
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      [1_000_000_000, 'status'],
      [2_000_000_000, 'status'],
      [2_000_000_005, 'token'],
      [3_000_000_000, 'status'],
      [3_000_000_001, 'done'],
    ])
    expect(events[2]?.data).toEqual({ request_id: id, text: 'Here.' })
    expect(events.at(-1)?.data).toMatchObject({ status: 'completed', result: { text: 'Here.' } })
    await bench.stop()
  })

  it('goes on behind the number where it was cut off', async () => {
    const bench = await EventBench.open(() => 'Here.')
    const id = await bench.submit()
    await bench.pass(1_000)
    const rest = await read(bench, followRequest(await bench.scope(), id, streamId(2, 5), open()), 100)
    expect(rest.map(({ id }) => id)).toEqual([streamId(3), streamId(3, 1)])
    expect(await read(bench, followRequest(await bench.scope(), id, streamId(3, 1), open()), 100)).toEqual([])
    await bench.stop()
  })

  it('ends with error for what failed, and with its follower', async () => {
    const bench = await EventBench.open(() => Promise.reject(new Error('no')), { worker: false })
    const id = await bench.submit()
    const gone = new AbortController()
    const stream = followRequest(await bench.scope(), id, streamId(1), gone.signal)
    const waiting = read(bench, stream, 100)
    await bench.pass(2_000)
    gone.abort()
    expect(await waiting).toEqual([])
    bench.start()
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 100)
    expect(events.at(-1)?.event).toBe('error')
    await bench.stop()
  })

  it("does not find another tenant's", async () => {
    const bench = await EventBench.open(() => 'Here.')
    const id = await bench.submit()
    const stream = followRequest(await bench.scope('beta'), id, 0, open())
    await expect(stream.next()).rejects.toMatchObject({ code: 'not_found' })
    await bench.stop()
  })
})

describe('following events', () => {
  it('begins with the newest, and shows what comes of its tenant and type', async () => {
    const bench = await EventBench.open(() => 'Here.')
    for (let request = 0; request < 5; request++) await bench.submit()
    await bench.pass(1_000)
    const scope = await bench.scope()
    expect(await newestSequence(scope)).toBe(10)
    expect(await newestSequence(await bench.scope('beta'))).toBe(0)
    const stream = followEvents(scope, 10, 'genai.request.completed', open())
    const id = await bench.submit()
    const [event] = await read(bench, stream, 1)
    expect(event).toMatchObject({
      event: 'genai.request.completed',
      data: { subject: id, tenant_id: 'alpha', source: 'genai.service' },
    })
    const replayed = await read(bench, followEvents(scope, 0, undefined, open()), 12)
    expect(replayed.map((one) => one.id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    await bench.stop()
  })
})
