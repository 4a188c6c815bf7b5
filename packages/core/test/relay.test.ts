import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventOf, jobOf } from '../src/contracts/index.ts'
import { type EventBus, Relay, type StateStore, silentLog, UnavailableError } from '../src/index.ts'
import { type HostileOptions, memoryPlatform, scriptedModels } from '../src/testing/index.ts'

const models = scriptedModels(() => 'never asked')

async function emit(state: StateStore, kinds: readonly ('event' | 'job')[]): Promise<string[]> {
  const ids: string[] = []
  for (const [index, kind] of kinds.entries()) {
    const id = `${kind}-${index}`
    ids.push(id)
    const entry = kind === 'event' ? eventOf('tenant', id) : jobOf('tenant', id, { queue: 'test.queue' })
    await state.commit({ writes: [], emit: [entry] })
  }
  return ids
}

const faults: fc.Arbitrary<Partial<HostileOptions>> = fc.record({
  failSend: fc.constantFrom(0, 0.3, 0.8),
  failPublish: fc.constantFrom(0, 0.3, 0.8),
  duplicatePublish: fc.constantFrom(0, 0.5),
  resendSettled: fc.constantFrom(0, 0.5),
  failSettle: fc.constantFrom(0, 0.5, 0.9),
  delayDelivery: fc.constantFrom(0, 0.5),
})

describe('the relay', () => {
  it('sends every event to the bus and every job to the queue, whatever fails on the way [X3, R22]', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('event' as const, 'job' as const), { minLength: 1, maxLength: 60 }),
        faults,
        async (kinds, hostile) => {
          const { platform, adapters, clock, bus, hostile: hostility } = memoryPlatform({ models, hostile })
          const delivered = new Set<string>()
          const worker = adapters.queue.consume('test.queue', { concurrency: 4 }, async (job) => {
            delivered.add(job.id)
            return { done: true }
          })
          const relay = new Relay({ operator: platform.operate(), log: silentLog })
          const ids = await emit(adapters.state, kinds)
          for (let second = 0; second < 120; second++) await clock.advance(1_000)
          hostility.calm()
          for (let second = 0; second < 120; second++) await clock.advance(1_000)
          const published = new Set(bus.published.map((event) => event.id))
          for (const id of ids) expect(id.startsWith('event') ? published : delivered).toContain(id)
          expect(await adapters.operations.pending(100)).toEqual([])
          await relay.stop()
          const drained = worker.drain()
          await clock.advance(1_000)
          await drained
        },
      ),
      { numRuns: 25 },
    )
  })

  it('sends what an earlier process left', async () => {
    const { platform, adapters, clock, bus } = memoryPlatform({ models })
    await emit(adapters.state, ['event', 'event'])
    expect(bus.published).toEqual([])
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    await clock.advance(10)
    expect(bus.published.map((event) => event.id)).toEqual(['event-0', 'event-1'])
    await relay.stop()
  })

  it('waits for nothing more when it is stopped while something fails', async () => {
    const { platform, adapters, clock, hostile } = memoryPlatform({ models, hostile: { failPublish: 1 } })
    await emit(adapters.state, ['event'])
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    await relay.stop()
    expect(clock.timers).toBe(0)
    expect(hostile.injected).toMatchObject({ failPublish: expect.any(Number) })
  })

  it('sends jobs also while the bus takes nothing, and the events when it does again', async () => {
    const { platform, adapters, clock, bus } = memoryPlatform({ models })
    const operator = platform.operate()
    let isOut = true
    const broken: EventBus = {
      publish: (events) => (isOut ? Promise.reject(new UnavailableError('unavailable', 'It is out.')) : bus.publish(events)),
    }
    await emit(adapters.state, ['event', 'job'])
    const relay = new Relay({ operator: { ...operator, bus: broken }, log: silentLog })
    await clock.advance(1_000)
    expect((await adapters.operations.pending(10)).map(({ entry }) => entry.id)).toEqual(['event-0'])
    isOut = false
    await clock.advance(60_000)
    expect(bus.published.map((event) => event.id)).toEqual(['event-0'])
    expect(await adapters.operations.pending(10)).toEqual([])
    await relay.stop()
  })

  it('sends nothing after it was stopped', async () => {
    const { platform, adapters, clock, bus } = memoryPlatform({ models })
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    await clock.advance(10)
    await relay.stop()
    await emit(adapters.state, ['event'])
    await clock.advance(60_000)
    expect(bus.published).toEqual([])
    expect(clock.timers).toBe(0)
  })
})
