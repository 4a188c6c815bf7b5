import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryBytes, packEntry, unpackEntry } from '../../../src/analytics/entry.ts'
import type { StreamRecord } from '../../../src/analytics/record.ts'
import { parsePartition, shardOf, shardPartition } from '../../../src/analytics/shards/shard-of.ts'

const records: fc.Arbitrary<StreamRecord[]> = fc.array(
  fc.record(
    {
      key: fc.string({ minLength: 1, maxLength: 256 }),
      timestamp: fc.integer(),
      data: fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<StreamRecord['data']>,
      id: fc.string({ minLength: 1, maxLength: 128 }),
    },
    { requiredKeys: ['key', 'timestamp', 'data'] },
  ),
)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('an entry', () => {
  it('gives back the records that it was made of', () => {
    fc.assert(
      fc.property(records, (given) => {
        expect(JSON.stringify(unpackEntry(packEntry(given)))).toBe(JSON.stringify(given))
      }),
    )
  })

  it('is bounded', () => {
    const record = { key: 'k', timestamp: 1, data: { text: 'x'.repeat(entryBytes) } }
    expect(() => packEntry([record])).toThrow(/262144 bytes/)
    expect(() => packEntry(Array.from({ length: 10_001 }, () => ({ key: 'k', timestamp: 1, data: {} })))).toThrow(/10000 records/)
  })

  it('never throws for what it holds: a bad record takes only its own place [X49]', () => {
    fc.assert(fc.property(fc.uint8Array(), (data) => void unpackEntry(data)))
    fc.assert(fc.property(fc.jsonValue(), (value) => void unpackEntry(bytes(JSON.stringify({ v: 1, records: [value] })))))
    const good = '["k",1,{"value":1}]'
    const bads = [
      '["k"]',
      '[1,1,{}]',
      '["",1,{}]',
      '["k","1",{}]',
      '["k",1e999,{}]',
      '["k",1,[]]',
      '["k",1,{},5]',
      'null',
      `["${'k'.repeat(257)}",1,{}]`,
    ]
    const unpacked = unpackEntry(bytes(`{"v":1,"records":[${bads.map((bad) => `${bad},${good}`).join(',')}]}`))
    expect(unpacked.map((each) => ('fault' in each ? each.fault : each.key))).toEqual(bads.flatMap(() => ['invalid_record', 'k']))
    expect(unpackEntry(bytes('{"v":2,"records":[]}'))).toMatchObject([{ fault: 'newer_entry' }])
    for (const text of ['', '[]', '{}', 'null', '7', '{"v":1}', '{"v":1,"records":{}}'])
      expect(unpackEntry(bytes(text))).toMatchObject([{ fault: 'unreadable_entry' }])
    expect(unpackEntry(Uint8Array.of(0xff))).toMatchObject([{ fault: 'unreadable_entry' }])
  })
})

describe('the shard of a key', () => {
  it('is the same for ever, and spreads keys evenly', () => {
    expect(['a', 'sensor-1', 'ключ', '😀'].map((key) => shardOf(key, 64))).toMatchInlineSnapshot(`
      [
        39,
        9,
        9,
        3,
      ]
    `)
    const counts = new Array<number>(8).fill(0)
    for (let at = 0; at < 80_000; at++) counts[shardOf(`sensor-${at}`, 8)] = (counts[shardOf(`sensor-${at}`, 8)] ?? 0) + 1
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })

  it('has a name that says which it is', () => {
    expect(parsePartition(shardPartition('my.stream', 12))).toEqual({ stream: 'my.stream', shard: 12 })
    expect(['x', '/1', 'x/', 'x/-1', 'x/a'].map(parsePartition)).toEqual(Array.from({ length: 5 }))
  })
})
