import { describeClockContract } from '@plinth/core/contracts'
import { systemClock } from '../src/system-clock.ts'

describeClockContract('systemClock', { create: async () => ({ port: systemClock, dispose: async () => {} }) })
