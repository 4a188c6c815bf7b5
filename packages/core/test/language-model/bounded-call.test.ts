import { expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { boundedCall } from '../../src/language-model/bounded-call.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { tickMilliseconds } from '../../src/ticker.ts'

it('a call that fails at once is over: nothing watches over it any more', async () => {
  const clock = new FakeClock()
  const left = new AbortController()
  let heard: AbortSignal | undefined
  const call = boundedCall(clock, { timeout: 60_000, signal: left.signal }, (signal) => {
    heard = signal
    throw new Error('at once')
  })
  expect(await rejection(call)).toMatchObject({ message: 'at once' })
  left.abort()
  await clock.advance(2 * tickMilliseconds)
  expect(heard?.aborted).toBe(false)
  expect(clock.timers).toBe(0)
})
