import { EventStreamCodec } from '@smithy/eventstream-codec'
import { fromUtf8, toUtf8 } from '@smithy/util-utf8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FrameKind, frame } from '../../../src/gateway/bedrock/frames.ts'

const codec = new EventStreamCodec(toUtf8, fromUtf8)

describe('a frame', () => {
  it("is what AWS's own codec writes, byte for byte", () => {
    const kind = fc.constantFrom<FrameKind>('event', 'exception')
    const type = fc.constantFrom('chunk', 'contentBlockDelta', 'messageStop', 'throttlingException')
    fc.assert(
      fc.property(kind, type, fc.json({ stringUnit: 'binary' }), (kind, type, payload) => {
        const headers = {
          [`:${kind}-type`]: { type: 'string' as const, value: type },
          ':content-type': { type: 'string' as const, value: 'application/json' },
          ':message-type': { type: 'string' as const, value: kind },
        }
        const written = frame(kind, type, payload)
        expect([...written]).toEqual([...codec.encode({ headers, body: fromUtf8(payload) })])
        expect(toUtf8(codec.decode(written).body)).toBe(payload)
      }),
    )
  })

  it('is refused where any bit of it is another', () => {
    const written = frame('event', 'chunk', '{"bytes":"SGk="}')
    expect(toUtf8(codec.decode(written).body)).toBe('{"bytes":"SGk="}')
    for (let bit = 0; bit < written.length * 8; bit++) {
      const damaged = new Uint8Array(written)
      damaged[bit >> 3] = (written[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => codec.decode(damaged), `bit ${bit}`).toThrow()
    }
    for (let length = 0; length < written.length; length++) expect(() => codec.decode(written.subarray(0, length))).toThrow()
  })
})
