import { describe, expect, it } from 'vitest'
import { followEvents, followRequest, newestSequence } from '../../src/event-driven/follow.ts'
import type { ServerEvent } from '../../src/index.ts'
import { EventBench } from './bench.ts'

/** Reads a stream while time passes, until it ends or has given so many. */
async function read(bench: EventBench, stream: AsyncIterable<ServerEvent>, most: number): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  let ended = false
  const reading = (async () => {
    for await (const event of stream) if (events.push(event) === most) break
    ended = true
  })()
  for (let turn = 0; turn < 200 && !ended; turn++) await bench.pass(250, 250)
  await reading
  return events
}

const open = (): AbortSignal => new AbortController().signal

describe('following a request', () => {
  it('shows each step once, and the whole request at the end', async () => {
    const bench = await EventBench.open(() => 'Here.')
    const id = await bench.submit()
    const events = await read(bench, followRequest(await bench.scope(), id, 0, open()), 100)
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      [2, 'status'],
      [4, 'status'],
      [6, 'status'],
      [7, 'done'],
    ])
    expect(events.at(-1)?.data).toMatchObject({ status: 'completed', result: { text: 'Here.' } })
    await bench.stop()
  })

  it('goes on behind the number where it was cut off', async () => {
    const bench = await EventBench.open(() => 'Here.')
    const id = await bench.submit()
    await bench.pass(1_000)
    const rest = await read(bench, followRequest(await bench.scope(), id, 4, open()), 100)
    expect(rest.map(({ id }) => id)).toEqual([6, 7])
    expect(await read(bench, followRequest(await bench.scope(), id, 7, open()), 100)).toEqual([])
    await bench.stop()
  })

  it('ends with error for what failed, and with its follower', async () => {
    const bench = await EventBench.open(() => Promise.reject(new Error('no')), { worker: false })
    const id = await bench.submit()
    const gone = new AbortController()
    const stream = followRequest(await bench.scope(), id, 2, gone.signal)
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
