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
})
