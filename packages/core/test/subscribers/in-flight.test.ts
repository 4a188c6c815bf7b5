import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/index.ts'
import { InFlight } from '../../src/subscribers/in-flight.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { memoryGround, SubscriberBench, webhook } from './subscriber-bench.ts'

describe('turns of one key', () => {
  it('are never more at a time than may be, everyone gets one, and a long line is told to come at different times', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ running: fc.integer({ min: 1, max: 8 }), waiting: fc.integer({ min: 0, max: 8 }) }),
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 120 }),
        async (limits, durations) => {
          const clock = new FakeClock()
          const turns = new InFlight(clock)
          let now = 0
          let most = 0
          let done = 0
          const come = async (duration: number): Promise<void> => {
            for (;;) {
              const entered = turns.enter('key', limits)
              if ('again' in entered) {
                expect(entered.again).toBeGreaterThan(clock.now())
                expect(entered.again - clock.now()).toBeLessThanOrEqual(5 * 60_000)
                await sleep(clock, entered.again - clock.now())
                continue
              }
              const leave = await entered
              most = Math.max(most, ++now)
              await sleep(clock, duration)
              now--
              leave()
              done++
              return
            }
          }
          const all = Promise.all(durations.map(come))
          while (done < durations.length) await clock.advance(1_000)
          await all
          expect(most).toBeLessThanOrEqual(limits.running)
          expect(most).toBe(Math.min(limits.running, durations.length))
          expect(clock.timers).toBe(0)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('of another key are not touched', async () => {
    const turns = new InFlight(new FakeClock())
    const limits = { running: 1, waiting: 0 }
    expect(turns.enter('a', limits)).toBeInstanceOf(Promise)
    expect(turns.enter('a', limits)).toHaveProperty('again')
    expect(turns.enter('b', limits)).toBeInstanceOf(Promise)
  })
})

describe('[R21] a receiver that never answers', () => {
  it("holds up neither other tenants' events nor other targets of its own", async () => {
    const bench = await SubscriberBench.open({ ground: memoryGround() })
    bench.ground.outbound.answer = ({ url }) => (url.endsWith('/hangs') ? { hangs: 'at once' } : {})
    await bench.subscribe(webhook('/hangs', { subject: [{ prefix: 'flood' }] }))
    await bench.subscribe(webhook('/own', { subject: ['quick'] }))
    await bench.subscribe(webhook('/theirs'), 'beta')
    for (let index = 0; index < 400; index++) await bench.emit(`flood-${index}`)
    await bench.pass(2_000)
    const busy = bench.received('/hangs').length
    expect(busy).toBe(32)
    for (let index = 0; index < 50; index++) await bench.emit(`theirs-${index}`, {}, { tenant: 'beta' })
    await bench.emit('quick')
    await bench.pass(2_000)
    expect(bench.received('/hangs').length).toBe(busy)
    expect(bench.received('/theirs').length).toBe(50)
    expect(bench.received('/own').length).toBe(1)
    bench.ground.outbound.answer = () => ({})
    await bench.pass(60_000)
    await bench.stop()
  })
})
