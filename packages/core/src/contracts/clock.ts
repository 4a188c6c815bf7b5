import { expect } from 'vitest'
import { type Clock, sleep } from '../ports/clock.ts'
import { type ContractOptions, describeContract, type Subject } from './contract.ts'

/** Beyond what the timers of an operating system or a runtime take at once, which some of them run at once instead. */
const veryLong = 2 ** 31 + 5

/** The promises of {@link Clock}, one test each. Against real time each of them waits 20 ms at most. */
export function describeClockContract(adapter: string, options: ContractOptions<Clock>): void {
  describeContract('Clock', adapter, options, {
    'now is milliseconds since 1970, and goes on': async (subject) => {
      const { port } = subject()
      // Some runtimes count a delay from when they last looked at the time; this lets them look.
      await pass(subject(), 1)
      const before = port.now()
      expect(before).toBeGreaterThan(Date.UTC(2020, 0, 1))
      expect(before).toBeLessThan(Date.UTC(2200, 0, 1))
      await pass(subject(), 20)
      // A timer may run a millisecond before the clock shows its time.
      expect(port.now() - before).toBeGreaterThanOrEqual(19)
    },

    'random numbers are in [0, 1) and all over it': async (subject) => {
      const numbers = Array.from({ length: 1_000 }, () => subject().port.random())
      for (const number of numbers) expect(number >= 0 && number < 1).toBe(true)
      expect(new Set(numbers).size).toBeGreaterThan(990)
      expect(Math.min(...numbers)).toBeLessThan(0.1)
      expect(Math.max(...numbers)).toBeGreaterThan(0.9)
    },

    'random bytes are as many as asked, never the same ones, and nobody else holds them': async (subject) => {
      const { port } = subject()
      const lengths = [0, 1, 12, 32, 32, 4_000, 100_000]
      const made = lengths.map((length) => port.randomBytes(length))
      expect(made.map((bytes) => bytes.byteLength)).toEqual(lengths)
      expect(made[3]).not.toEqual(made[4])
      expect(new Set(made[5]).size).toBe(256)
      const kept = Uint8Array.from(made[3] ?? [])
      made[4]?.fill(0)
      for (let count = 0; count < 500; count++) port.randomBytes(32).fill(0)
      expect(made[3]).toEqual(kept)
    },

    'a timer runs once, and not before its delay': async (subject) => {
      let runs = 0
      subject().port.setTimer(15, () => runs++)
      await pass(subject(), 5)
      expect(runs).toBe(0)
      await pass(subject(), 15)
      expect(runs).toBe(1)
      await pass(subject(), 15)
      expect(runs).toBe(1)
    },

    'timers run in the order of their times': async (subject) => {
      const runs: number[] = []
      for (const delay of [12, 2, 7]) subject().port.setTimer(delay, () => runs.push(delay))
      await pass(subject(), 20)
      expect(runs).toEqual([2, 7, 12])
    },

    'a delay of nothing or less runs as soon as possible, never at once': async (subject) => {
      const runs: string[] = []
      subject().port.setTimer(0, () => runs.push('nothing'))
      subject().port.setTimer(-1_000, () => runs.push('less'))
      expect(runs).toEqual([])
      await pass(subject(), 10)
      expect(runs.toSorted()).toEqual(['less', 'nothing'])
    },

    'a timer that was cancelled never runs; cancelling it twice, or after it ran, does nothing': async (subject) => {
      const runs: string[] = []
      const cancelled = subject().port.setTimer(5, () => runs.push('cancelled'))
      const kept = subject().port.setTimer(5, () => runs.push('kept'))
      cancelled.cancel()
      cancelled.cancel()
      await pass(subject(), 15)
      kept.cancel()
      expect(runs).toEqual(['kept'])
    },

    'a very long delay is not cut short': async (subject) => {
      let runs = 0
      const timer = subject().port.setTimer(veryLong, () => runs++)
      await pass(subject(), 15)
      timer.cancel()
      expect(runs).toBe(0)
    },

    'sleep ends after its delay, and with the reason when it is aborted first': async (subject) => {
      const { port } = subject()
      const controller = new AbortController()
      const ends: unknown[] = []
      const slept = sleep(port, 10).then(() => ends.push('slept'))
      const aborted = sleep(port, veryLong, controller.signal).catch((reason: unknown) => ends.push(reason))
      controller.abort('no more')
      await aborted
      expect(ends).toEqual(['no more'])
      await pass(subject(), 15)
      await slept
      expect(ends).toEqual(['no more', 'slept'])
      await expect(sleep(port, 5, controller.signal)).rejects.toBe('no more')
    },
  })
}

/** Lets time pass: by hand where it stands still, by waiting where it doesn't. */
async function pass(subject: Subject<Clock>, milliseconds: number): Promise<void> {
  if (subject.clock) await subject.clock.advance(milliseconds)
  else await sleep(subject.port, milliseconds)
}
