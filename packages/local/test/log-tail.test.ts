import type { StoredEntry } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchLimits, LogTail } from '../src/stream/log-tail.ts'

const contents = new Map([10, 400_000].map((size) => [size, new Uint8Array(size)]))

function entryOf(position: number, size: number): StoredEntry {
  return { sequence: String(position).padStart(16, '0'), at: 0, data: contents.get(size) ?? new Uint8Array() }
}

/** A file, whose commits are told to the tail some time later, in their order. */
class Log {
  readonly file: StoredEntry[] = []
  told = 0
  reads = 0

  read(after: string | undefined): readonly StoredEntry[] {
    this.reads++
    const found: StoredEntry[] = []
    let bytes = 0
    for (const entry of this.file.slice(Number(after ?? 0))) {
      found.push(entry)
      bytes += entry.data.byteLength
      if (found.length === batchLimits.entries || bytes >= batchLimits.bytes) break
    }
    return found
  }
}

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ commit: fc.constantFrom(1, 150, 250), size: fc.constantFrom(10, 400_000) }) },
  { weight: 3, arbitrary: fc.record({ tell: fc.constantFrom(1, 100, 1_000) }) },
  { weight: 5, arbitrary: fc.constant('take' as const) },
  { weight: 1, arbitrary: fc.constant('keep' as const) },
  { weight: 1, arbitrary: fc.constant('fail' as const) },
)

describe('the end of a log', () => {
  it('gives every entry in order and without a gap, from memory or file, whatever fails; and costs come to nothing', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.nat(3), (actions, before) => {
        const log = new Log()
        for (let position = 1; position <= before; position++) log.file.push(entryOf(position, 10))
        const tail = new LogTail(undefined, before === 0)
        log.told = before
        tail.waiting = before * (10 + 512)
        let [position, kept]: (string | undefined)[] = []
        const take = (): void => {
          const index = Number(position ?? 0)
          const taken = tail.take(position, (after) => log.read(after))
          expect(taken.map(({ sequence }) => sequence)).toEqual(
            log.file.slice(index, index + taken.length).map(({ sequence }) => sequence),
          )
          expect(taken.length).toBeLessThanOrEqual(batchLimits.entries)
          tail.settle(taken)
          position = taken.at(-1)?.sequence ?? position
        }
        const tell = (most: number): void => {
          for (const entry of log.file.slice(log.told, log.told + most)) tail.arrive(entry)
          log.told = Math.min(log.file.length, log.told + most)
        }
        for (const one of actions) {
          if (one === 'take') take()
          else if (one === 'keep') kept = position
          else if (one === 'fail') position = kept
          else if ('tell' in one) tell(one.tell)
          else for (let count = 0; count < one.commit; count++) log.file.push(entryOf(log.file.length + 1, one.size))
        }
        tell(log.file.length)
        for (let turn = 0; turn <= log.file.length && position !== log.file.at(-1)?.sequence; turn++) take()
        expect(position).toBe(log.file.at(-1)?.sequence)
        expect(tail.waiting).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  it('is read from memory while a process appends itself', () => {
    const log = new Log()
    const tail = new LogTail(undefined, true)
    let position: string | undefined
    for (let count = 1; count <= 50; count++) {
      const entry = entryOf(count, 10)
      log.file.push(entry)
      tail.arrive(entry)
      position = tail.take(position, (after) => log.read(after)).at(-1)?.sequence
    }
    expect(position).toBe(log.file.at(-1)?.sequence)
    expect(log.reads).toBe(0)
  })
})
