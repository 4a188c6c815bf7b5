import type { NewEntry, StreamDelivery, StreamProgress } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { type KinesisRecord, workRecords } from '../src/kinesis/kinesis-batch.ts'
import { packRecord } from '../src/kinesis/kinesis-record.ts'
import { recordingLog } from './support/recording-log.ts'

const textOf = (data: Uint8Array): string => Buffer.from(data).toString()

/** Sequences as Kinesis makes them: longer than numbers of JavaScript. */
const sequenceOf = (number: number): string => String(49_546_986_683_135_544_286_507_457n * 10n ** 30n + BigInt(number))

function recordOf(number: number, tenant: string, partition: string, ...texts: readonly string[]): KinesisRecord {
  const data = packRecord({ tenant, partition, entries: texts.map((text) => new Uint8Array(Buffer.from(text))) })
  return rawRecord(number, data)
}

function rawRecord(number: number, data: Uint8Array): KinesisRecord {
  return {
    kinesis: {
      sequenceNumber: sequenceOf(number),
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: 1_700_000_000.123 + number,
    },
  }
}

const keepAll = ({ entries }: StreamDelivery): StreamProgress => ({ kept: entries.at(-1)?.sequence ?? '' })

async function work(
  records: readonly KinesisRecord[],
  answer: (delivery: StreamDelivery) => StreamProgress | Promise<StreamProgress> = keepAll,
  append: (tenant: string, entries: readonly NewEntry[]) => Promise<void> = async () => {},
) {
  const deliveries: StreamDelivery[] = []
  const log = recordingLog()
  const handle = async (delivery: StreamDelivery) => {
    deliveries.push(delivery)
    return answer(delivery)
  }
  const first = await workRecords({ Records: records }, { handle, append, log })
  const seen = deliveries.map(({ tenant, partition, entries }) => [tenant, partition, ...entries.map(({ data }) => textOf(data))])
  return { first, seen, deliveries, log }
}

describe('a batch of Lambda', () => {
  const records = [
    recordOf(1, 'acme', 'a/0', '1', '2'),
    recordOf(2, 'globex', 'a/0', 'x'),
    recordOf(3, 'acme', 'a/1', '3'),
    recordOf(4, 'acme', 'a/0', '4'),
  ]

  it('is worked by tenants and partitions, each in order, and all of it is to be kept', async () => {
    const { first, seen, deliveries } = await work(records)
    expect(first).toBeUndefined()
    expect(seen).toEqual([
      ['acme', 'a/0', '1', '2', '4'],
      ['globex', 'a/0', 'x'],
      ['acme', 'a/1', '3'],
    ])
    expect(deliveries.every(({ keepNow }) => keepNow)).toBe(true)
    const [{ entries } = { entries: [] }] = deliveries
    const sequences = entries.map(({ sequence }) => sequence)
    expect(sequences).toEqual([...new Set(sequences)].toSorted())
    expect(entries.map(({ at }) => at)).toEqual([1_700_000_001_123, 1_700_000_001_123, 1_700_000_004_123])
  })

  it('[X49] goes on from the first record that is not worked: a partition that fails holds up no other one of the batch', async () => {
    const failing = async (partition: string, progress?: StreamProgress) => {
      const { first, seen, log } = await work(records, (delivery) => {
        if (delivery.tenant !== 'acme' || delivery.partition !== partition) return keepAll(delivery)
        if (progress) return progress
        throw new Error('the secret of a tenant')
      })
      expect(seen).toHaveLength(3)
      expect(log.lines.join('\n')).not.toContain('secret')
      return first
    }
    expect(await failing('a/1')).toBe(sequenceOf(3))
    expect(await failing('a/0')).toBe(sequenceOf(1))
    // Kept to somewhere in the middle, or not at all.
    const { deliveries } = await work(records)
    const kept = deliveries[0]?.entries[1]?.sequence ?? ''
    expect(await failing('a/0', { kept })).toBe(sequenceOf(4))
    expect(await failing('a/0', { kept: deliveries[0]?.entries[0]?.sequence ?? '' })).toBe(sequenceOf(1))
    expect(await failing('a/0', {})).toBe(sequenceOf(1))
  })

  it('[X49] what is no record of ours is passed over and logged, without what it holds', async () => {
    const { first, seen, log } = await work([rawRecord(0, Buffer.from('{"secret":1}')), ...records])
    expect([first, seen.length]).toEqual([undefined, 3])
    expect(log.lines).toEqual([expect.stringContaining(sequenceOf(0))])
    expect(log.lines.join('\n')).not.toContain('secret')
  })

  it('[X49] what is to wait goes to the end of the stream, and holds up nobody; what comes again anyway does not go there', async () => {
    const appended: string[][] = []
    const append = async (tenant: string, entries: readonly NewEntry[]) =>
      void appended.push([tenant, ...entries.map(({ partition, data }) => `${partition} ${textOf(data)}`)])
    const waits = (delivery: StreamDelivery) =>
      delivery.tenant === 'acme' && delivery.partition === 'a/0' ? { wait: 60_000 } : keepAll(delivery)
    expect((await work(records, waits, append)).first).toBeUndefined()
    expect(appended.splice(0)).toEqual([['acme', 'a/0 1', 'a/0 2', 'a/0 4']])

    const failsToo = (delivery: StreamDelivery) => (delivery.partition === 'a/1' ? {} : waits(delivery))
    expect((await work(records, failsToo, append)).first).toBe(sequenceOf(3))
    expect(appended.splice(0)).toEqual([['acme', 'a/0 1', 'a/0 2']])

    const refuses = async () => {
      throw new Error('full')
    }
    expect((await work(records, waits, refuses)).first).toBe(sequenceOf(1))
  })

  it('works some partitions at a time, and all of them', async () => {
    let running = 0
    let most = 0
    const many = Array.from({ length: 30 }, (_, index) => recordOf(index, 'acme', `a/${index}`, 'x'))
    const { first, seen } = await work(many, async (delivery) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return keepAll(delivery)
    })
    expect([first, seen.length, most]).toEqual([undefined, 30, 8])
  })
})
