import { FakeClock } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { TimeLeft } from '../src/time-left.ts'

it("a job is told when its function ends, and its lease ends a little before that, or with the message's", async () => {
  const clock = new FakeClock()
  const begun = clock.now()
  const message = new AbortController()
  const extended: number[] = []
  const lease = { cutOffs: 2, signal: message.signal, extend: async (milliseconds: number) => void extended.push(milliseconds) }
  const left = new TimeLeft({ milliseconds: 900_000, clock })
  const [one, other] = [left.within(lease), left.within({ ...lease, signal: new AbortController().signal, endsAt: begun + 5 })]
  expect([one.cutOffs, one.endsAt, other.endsAt]).toEqual([2, begun + 900_000, begun + 5])
  await one.extend(30_000)
  expect(extended).toEqual([30_000])
  await clock.advance(890_000)
  expect(one.signal.aborted).toBe(false)
  message.abort()
  expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false])
  await clock.advance(5_000)
  expect(other.signal.reason).toMatchObject({ code: 'time_over', retryable: true })
})

it('one that has hardly any time has its lease for none', async () => {
  const clock = new FakeClock()
  const left = new TimeLeft({ milliseconds: 10, clock })
  const lease = left.within({ cutOffs: 0, signal: new AbortController().signal, extend: async () => {} })
  await clock.advance(0)
  expect(lease.signal.aborted).toBe(true)
})
