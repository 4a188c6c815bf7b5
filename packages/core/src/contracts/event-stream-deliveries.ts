import { expect } from 'vitest'
import { type EventStream, idleMilliseconds, type StreamProgress } from '../ports/event-stream.ts'
import type { Promises } from './contract.ts'
import { appendAll, keptAll, streamBench } from './event-stream-bench.ts'
import { pass, quiet, until } from './settling.ts'

const numbers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `${from + index}`)
const noClock = 'it takes a while, on a clock that nobody moves'

/** What delivering promises. */
export const streamDeliveryPromises: Promises<EventStream> = {
  'entries come in order within their partition, each at least once, whoever appends beside': async (subject) => {
    await appendAll(subject(), 'order', 'p-0', numbers(30))
    const worker = streamBench(subject(), ['order'])
    const partitions = numbers(5).map((index) => `p-${index}`)
    await Promise.all(
      partitions.map(async (partition, index) => {
        for (let start = index === 0 ? 30 : 0; start < 330; start += 30)
          await appendAll(subject(), 'order', partition, numbers(30, start))
      }),
    )
    for (const partition of partitions) await worker.reached(330, partition)
    for (const partition of partitions) expect(worker.firsts(partition)).toEqual(numbers(330))
    for (const { entries } of worker.deliveries) {
      const sequences = entries.map(({ sequence }) => sequence)
      expect(sequences).toEqual([...new Set(sequences)].toSorted())
    }
    await worker.drain()
  },

  'one delivery of a partition at a time, and the others go on meanwhile': async (subject) => {
    const go = Promise.withResolvers<void>()
    let running = 0
    let most = 0
    const worker = streamBench(subject(), ['one-at-a-time'], async (delivery) => {
      if (delivery.partition !== 'slow') return keptAll(delivery)
      most = Math.max(most, ++running)
      await go.promise
      running--
      return keptAll(delivery)
    })
    await appendAll(subject(), 'one-at-a-time', 'slow', ['a'])
    await worker.reached(1, 'slow')
    await appendAll(subject(), 'one-at-a-time', 'slow', ['b'])
    await appendAll(subject(), 'one-at-a-time', 'other', ['c'])
    await worker.reached(1, 'other')
    await quiet(subject())
    expect(worker.firsts('slow')).toEqual(['a'])
    go.resolve()
    await worker.reached(2, 'slow')
    expect(most).toBe(1)
    await worker.drain()
  },

  'a delivery that throws comes again, after a pause, from behind the last kept': async (subject) => {
    let failing = false
    const worker = streamBench(subject(), ['throws'], (delivery) => {
      if (delivery.partition !== 'throws') return keptAll(delivery)
      if (failing) throw new Error('The handler failed, as it was told to.')
      return delivery.entries[0] ? { kept: delivery.entries[0].sequence } : {}
    })
    await appendAll(subject(), 'throws', 'throws', ['kept'])
    await worker.reached(1, 'throws')
    await appendAll(subject(), 'throws', 'other', ['first'])
    await worker.reached(1, 'other')
    failing = true
    await appendAll(subject(), 'throws', 'throws', ['failed'])
    await worker.reached(2, 'throws')
    const failed = worker.deliveries.at(-1)?.at ?? 0
    await appendAll(subject(), 'throws', 'other', ['second'])
    await worker.reached(2, 'other')
    failing = false
    await appendAll(subject(), 'throws', 'throws', ['next'])
    await worker.reached(3, 'throws')
    const again = worker.deliveries.filter(({ texts, at }) => texts.includes('failed') && at > failed)
    expect(again.length).toBeGreaterThan(0)
    expect(worker.firsts('throws')).toEqual(['kept', 'failed', 'next'])
    await worker.drain()
  },

  'what was taken and not kept comes again with what failed': async (subject) => {
    let kept: StreamProgress | undefined
    let failed = false
    const worker = streamBench(subject(), ['behind'], (delivery) => {
      if (delivery.texts.includes('bad') && !failed) {
        failed = true
        throw new Error('The handler failed, as it was told to.')
      }
      kept ??= keptAll(delivery)
      return kept
    })
    for (const text of ['kept', 'taken', 'bad']) {
      await appendAll(subject(), 'behind', 'behind', [text])
      await until(subject(), () => worker.firsts('behind').includes(text), `${text} came`)
      await quiet(subject())
    }
    await until(subject(), () => worker.deliveries.filter(({ texts }) => texts.includes('bad')).length > 1, 'it came again')
    const bad = worker.deliveries.findIndex(({ texts }) => texts.includes('bad'))
    expect(worker.deliveries.slice(bad + 1).flatMap(({ texts }) => texts)).toEqual(expect.arrayContaining(['taken', 'bad']))
    await worker.drain()
  },

  'a delivery that is to wait comes again when it said, whole': async (subject, skip) => {
    const { clock } = subject()
    if (!clock) skip(noClock)
    let waits = true
    const worker = streamBench(subject(), ['waits'], (delivery) => (waits ? { wait: 30_000 } : keptAll(delivery)))
    await appendAll(subject(), 'waits', 'waits', ['a', 'b'])
    await until(subject(), () => worker.deliveries.length > 0, 'it is delivered')
    const [first] = worker.deliveries
    waits = false
    await until(subject(), () => worker.deliveries.length > 1, 'it comes again').catch(() => pass(subject(), 30_000))
    await worker.reached(2, 'waits')
    expect((worker.deliveries[1]?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(30_000)
    expect(worker.firsts('waits')).toEqual(['a', 'b'])
    await worker.drain()
  },

  'what is not kept is offered to be kept when nothing new comes for a while, once': async (subject, skip) => {
    const { clock } = subject()
    if (!clock) skip(noClock)
    const worker = streamBench(subject(), ['idle'], (delivery) => (delivery.keepNow ? keptAll(delivery) : {}))
    await appendAll(subject(), 'idle', 'idle', ['a'])
    await worker.reached(1, 'idle')
    await quiet(subject())
    expect(worker.deliveries.some(({ keepNow }) => keepNow)).toBe(false)
    for (let passed = 0; passed < idleMilliseconds; passed += 5_000) await pass(subject(), 5_000)
    const offers = (): number => worker.deliveries.filter(({ keepNow }) => keepNow).length
    expect(offers()).toBe(1)
    for (let passed = 0; passed < 4 * idleMilliseconds; passed += 5_000) await pass(subject(), 5_000)
    expect(offers()).toBe(1)
    await worker.drain()
  },
}
