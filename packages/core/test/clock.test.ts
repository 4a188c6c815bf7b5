import { describeClockContract } from '../src/contracts/clock.ts'
import { FakeClock } from '../src/testing/fake-clock.ts'

describeClockContract('FakeClock', {
  create: async () => {
    const clock = new FakeClock()
    return { port: clock, clock, dispose: async () => {} }
  },
})
