import { jobOf } from '@plinth/core/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Delivery } from '../src/queue/delivery.ts'
import { JobLine } from '../src/queue/job-line.ts'

const deliveryAt = (position: number): Delivery => ({ position, job: jobOf('t', `job-${position}`), cutOffs: 0 })

/** The ready jobs that the file holds, as the line reads them. */
class File {
  positions: number[] = []
  reads = 0
  readonly read = (after: number): Delivery[] => {
    this.reads++
    return this.positions
      .filter((position) => position > after)
      .slice(0, 64)
      .map(deliveryAt)
  }
}

describe('the ready jobs of one tenant in one lane', () => {
  it('come once each and in order, whether they are told, read, or told after they were read', () => {
    const step = fc.oneof(
      // A commit whose answer comes at once, one whose answer comes later, jobs that fell due, taking, and a removal of some.
      fc.record({ kind: fc.constant('told' as const), amount: fc.integer({ min: 1, max: 80 }) }),
      fc.record({ kind: fc.constant('late' as const), amount: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ kind: fc.constant('due' as const), amount: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ kind: fc.constant('take' as const), amount: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ kind: fc.constant('removed' as const), amount: fc.integer({ min: 1, max: 100 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 100 }), (steps, before) => {
        const file = new File()
        let position = 0
        const add = (amount: number): number[] => {
          const added = Array.from({ length: amount }, () => ++position)
          file.positions.push(...added)
          return added
        }
        add(before)
        const line = new JobLine(before === 0)
        let untold: number[] = []
        const taken: number[] = []
        const removed = new Set<number>()
        // Answers come in the order of commits, so what is late is told before anything that came after it.
        const tell = (positions: readonly number[]): void => {
          for (const told of [...untold, ...positions]) line.arrive(deliveryAt(told))
          untold = []
        }
        const take = (): boolean => {
          const delivery = line.take(file.read)
          if (!delivery) return false
          taken.push(delivery.position)
          file.positions = file.positions.filter((left) => left !== delivery.position)
          return true
        }
        for (const { kind, amount } of steps) {
          if (kind === 'told') tell(add(amount))
          if (kind === 'late') untold.push(...add(amount))
          if (kind === 'due') {
            tell([])
            add(amount)
            line.miss()
          }
          if (kind === 'removed') {
            tell([])
            for (const gone of file.positions.filter((_, index) => index % 3 === 0).slice(0, amount)) removed.add(gone)
            file.positions = file.positions.filter((left) => !removed.has(left))
            line.forget(removed)
          }
          if (kind === 'take') for (let index = 0; index < amount && take(); index++);
        }
        tell([])
        while (take());
        const all = Array.from({ length: position }, (_, index) => index + 1)
        expect(taken).toEqual(all.filter((each) => !removed.has(each)))
      }),
      { numRuns: 500 },
    )
  })

  it('are not read from the file while all are known', () => {
    const file = new File()
    const line = new JobLine(true)
    for (let position = 1; position <= 1_000; position++) {
      file.positions.push(position)
      line.arrive(deliveryAt(position))
      expect(line.take(file.read)?.position).toBe(position)
      file.positions.shift()
    }
    expect(line.take(file.read)).toBeUndefined()
    expect(file.reads).toBe(0)
  })
})
