import type { ServerEvent } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { eventStream } from '../src/event-stream.ts'

async function* nothing(): AsyncGenerator<ServerEvent> {}

it('a stream that begins when its end was told already ends, and beats no more', async () => {
  const clock = new FakeClock()
  const ended = new AbortController()
  ended.abort()
  const stream = eventStream({
    clock,
    events: nothing(),
    signal: ended.signal,
    mayGoOn: async () => true,
    stop: () => ended.abort(),
  })
  expect(await new Response(stream).text()).toBe('')
  expect(clock.timers).toBe(0)
  await clock.advance(60_000)
})

it('a stream whose source fails is broken off, and beats no more', async () => {
  const clock = new FakeClock()
  const ended = new AbortController()
  async function* failing(): AsyncGenerator<ServerEvent> {
    yield { id: 1, event: 'status', data: {} }
    throw new Error('The disk failed.')
  }
  const stream = eventStream({
    clock,
    events: failing(),
    signal: ended.signal,
    mayGoOn: async () => true,
    stop: () => ended.abort(),
  })
  await expect(new Response(stream).text()).rejects.toThrow()
  expect([clock.timers, ended.signal.aborted]).toEqual([0, true])
  // A beat into a stream that has failed throws where nobody catches it.
  await clock.advance(60_000)
})
