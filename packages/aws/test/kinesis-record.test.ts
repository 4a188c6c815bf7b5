import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entrySequence } from '../src/kinesis/entry-sequence.ts'
import { addedBytes, emptyBytes, packRecord, unpackRecord } from '../src/kinesis/kinesis-record.ts'

const packed = fc.record({
  tenant: fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/),
  partition: fc.stringMatching(/^[\x21-\x7e]{1,256}$/),
  entries: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
})

describe('a record of Kinesis', () => {
  it('gives back what was put into it, and is as long as it was said to be', () => {
    fc.assert(
      fc.property(packed, (made) => {
        const record = packRecord(made)
        const found = unpackRecord(record)
        expect([found?.tenant, found?.partition]).toEqual([made.tenant, made.partition])
        expect(found?.entries.map((entry) => Buffer.from(entry).toString('hex'))).toEqual(
          made.entries.map((entry) => Buffer.from(entry).toString('hex')),
        )
        expect(record.byteLength).toBe(emptyBytes(made) + made.entries.reduce((sum, entry) => sum + addedBytes(entry), 0))
      }),
    )
  })

  it('[X49] is never taken for one where it was cut, is of another version, or is somebody else’s', () => {
    fc.assert(
      fc.property(packed, fc.nat(), (made, seed) => {
        const record = packRecord({ ...made, entries: [new Uint8Array(9), ...made.entries] })
        const cut = record.subarray(0, seed % record.byteLength)
        const found = unpackRecord(cut)
        // Between two entries a cut can't be seen; what is found then was there.
        expect(found?.entries.length ?? 0).toBeLessThanOrEqual(made.entries.length)
        expect(unpackRecord(Uint8Array.of(2, ...record.subarray(1)))).toBeUndefined()
      }),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void unpackRecord(bytes)))
    expect(unpackRecord(new TextEncoder().encode('{"key":"a"}'))).toBeUndefined()
    expect(unpackRecord(new Uint8Array(0))).toBeUndefined()
  })
})

it('the order of sequences, as bytes, is that of records and of places in them', () => {
  const place = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 128n }), fc.integer({ min: 0, max: 999 }))
  fc.assert(
    fc.property(place, place, ([one, first], [other, second]) => {
      const [left, right] = [entrySequence(String(one), first), entrySequence(String(other), second)]
      const expected = one < other || (one === other && first < second) ? -1 : one === other && first === second ? 0 : 1
      expect(left < right ? -1 : left === right ? 0 : 1).toBe(expected)
      expect(left).toMatch(/^[\x21-\x7e]{1,150}$/)
    }),
  )
})
