import { patterns, silentLog } from '@plinth/core'
import { FakeClock, memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { atMost } from '../src/at-most.ts'
import { startEngine } from '../src/engine.ts'

it('work is waited for as long as was said, and no timer is left behind', async () => {
  const clock = new FakeClock()
  await atMost(clock, 1_000, Promise.resolve())
  expect(clock.timers).toBe(0)
  const late = atMost(clock, 1_000, new Promise(() => {}))
  await clock.advance(1_000)
  await late
  expect(clock.timers).toBe(0)
  await expect(atMost(clock, 1_000, Promise.reject(new Error('It failed.')))).rejects.toThrow('It failed.')
  expect(clock.timers).toBe(0)
})

it('an engine that has stopped leaves no timer behind', async () => {
  const { platform, clock } = memoryPlatform({ models: scriptedModels(() => 'Fine.') })
  const engine = startEngine({ platform, patterns, worker: true, log: silentLog })
  await engine.stop(7_000)
  await platform.close()
  expect(clock.timers).toBe(0)
})
