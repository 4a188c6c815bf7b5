import { expect } from 'vitest'
import { InvalidInputError, TooLargeError } from '../errors.ts'
import { type EventStream, entryLimits } from '../ports/event-stream.ts'
import type { Promises } from './contract.ts'
import { appendAll, entryOf, streamBench } from './event-stream-bench.ts'
import { rejection, sampleBytes } from './samples.ts'
import { quiet, until } from './settling.ts'

/** What appending promises. */
export const appendPromises: Promises<EventStream> = {
  'an entry is delivered as it was appended, with a sequence and the time when it was kept': async (subject) => {
    const { port, clock } = subject()
    const before = clock?.now() ?? 0
    const data = sampleBytes(70_000)
    const worker = streamBench(subject(), ['as-it-was'])
    const partition = `!~/${'p'.repeat(253)}`
    await until(
      subject(),
      async () => {
        const results = await port.append('as-it-was', [{ partition, data }]).catch(() => [])
        return results[0] !== undefined && 'sequence' in results[0]
      },
      'it is appended',
    )
    await worker.reached(1, partition)
    const entry = worker.deliveries[0]?.entries[0]
    expect(entry?.data).toEqual(data)
    expect(entry?.sequence).toMatch(/^[\x20-\x7e]+$/)
    expect(entry?.at).toBeGreaterThanOrEqual(before)
    expect(entry?.at).toBeLessThanOrEqual(clock?.now() ?? Number.POSITIVE_INFINITY)
    await worker.drain()
  },

  'append gives a result an entry, in the order given; sequences grow within a partition': async (subject) => {
    const { port } = subject()
    const entries = Array.from({ length: 40 }, (_, index) => entryOf(`results-${index % 4}`, `${index}`))
    const results = [...(await port.append('results', entries)), ...(await port.append('results', entries))]
    expect(results).toHaveLength(80)
    const sequences = results.map((result) => ('sequence' in result ? result.sequence : ''))
    for (let partition = 0; partition < 4; partition++) {
      const own = sequences.filter((_, index) => index % 4 === partition)
      expect(own).toEqual([...new Set(own)].toSorted())
    }
    const worker = streamBench(subject(), ['results'])
    for (let partition = 0; partition < 4; partition++) await worker.reached(10, `results-${partition}`)
    const came = new Map(
      worker.deliveries.flatMap(({ partition, entries: list }) =>
        list.map(({ sequence, data }) => [`${partition} ${sequence}`, new TextDecoder().decode(data)]),
      ),
    )
    for (const [index, sequence] of sequences.entries())
      expect(came.get(`results-${index % 4} ${sequence}`)).toBe(`${index % 40}`)
    expect(await port.append('results', [])).toEqual([])
    await worker.drain()
  },

  'what is beyond the limits is refused whole, with the field at fault': async (subject) => {
    const { port } = subject()
    const large = { partition: 'limits', data: new Uint8Array(entryLimits.bytes + 1) }
    const tooLarge = await rejection(port.append('limits', [entryOf('limits', 'good'), large]))
    expect(tooLarge).toBeInstanceOf(TooLargeError)
    expect(tooLarge).toMatchObject({ field: 'entries.1.data' })
    const many = Array.from({ length: entryLimits.entries + 1 }, () => entryOf('limits', 'many'))
    expect(await rejection(port.append('limits', many))).toBeInstanceOf(TooLargeError)
    for (const partition of ['', 'a b', 'ä', 'a\n', 'p'.repeat(257)]) {
      const refused = await rejection(port.append('limits', [entryOf('limits', 'good'), entryOf(partition, 'bad')]))
      expect(refused).toBeInstanceOf(InvalidInputError)
      expect(refused).toMatchObject({ field: 'entries.1.partition' })
    }
    const worker = streamBench(subject(), ['limits'])
    await appendAll(subject(), 'limits', 'limits', ['last'])
    await worker.reached(1, 'limits')
    await quiet(subject())
    expect(worker.firsts('limits')).toEqual(['last'])
    await worker.drain()
  },

  'the largest entry, and the most of a call, are kept': async (subject) => {
    const texts = Array.from({ length: entryLimits.entries }, (_, index) => `${index}`)
    const large = 'x'.repeat(entryLimits.bytes)
    await appendAll(subject(), 'largest', 'largest', [large])
    const { port } = subject()
    const appended = async (): Promise<boolean> => {
      const results = await port.append(
        'largest',
        texts.map((text) => entryOf('most', text)),
      )
      return results.every((result) => 'sequence' in result)
    }
    await until(subject(), () => appended().catch(() => false), 'all are appended')
    const worker = streamBench(subject(), ['largest'])
    await worker.reached(1, 'largest')
    await worker.reached(texts.length, 'most')
    expect(worker.firsts('largest')[0]).toHaveLength(large.length)
    expect(worker.firsts('most')).toEqual(texts)
    await worker.drain()
  },

  'tenants with partitions of one name are apart': async (subject) => {
    const tenants = ['apart', 'apart-2', 'Apart']
    const worker = streamBench(subject(), tenants)
    for (const tenant of tenants) await appendAll(subject(), tenant, 'same', [`of ${tenant}`])
    for (const tenant of tenants) await worker.reached(1, 'same', tenant)
    await quiet(subject())
    for (const tenant of tenants) expect(worker.firsts('same', tenant)).toEqual([`of ${tenant}`])
    await worker.drain()
  },
}
