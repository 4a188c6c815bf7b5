/**
 * Frames of `application/vnd.amazon.eventstream`: total length, length of headers, CRC-32 of both, headers, payload, CRC-32 of all
 * before. Written here because every token of a stream is one frame, and AWS's own codec takes 20 µs for each.
 * @module
 */
import { crc32 } from 'node:zlib'

const textHeader = 7
const prelude = 12
const checksum = 4

/** @param kind `event` for what belongs to the answer, `exception` for what ends it. */
export type FrameKind = 'event' | 'exception'

/** Headers are few and always the same, so they are made once for each type. */
const known: Readonly<Record<FrameKind, Map<string, Buffer>>> = { event: new Map(), exception: new Map() }

/** @param payload JSON text. */
export function frame(kind: FrameKind, type: string, payload: string): Buffer {
  const headers = headersOf(kind, type)
  const total = prelude + headers.length + Buffer.byteLength(payload) + checksum
  const bytes = Buffer.allocUnsafe(total)
  bytes.writeUInt32BE(total, 0)
  bytes.writeUInt32BE(headers.length, 4)
  const first = crc32(bytes.subarray(0, 8))
  bytes.writeUInt32BE(first, 8)
  headers.copy(bytes, prelude)
  bytes.write(payload, prelude + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(8, total - checksum), first), total - checksum)
  return bytes
}

/** Frames that go out together; empty for none. */
export function joined(frames: readonly Buffer[]): Buffer | '' {
  return frames.length < 2 ? (frames[0] ?? '') : Buffer.concat(frames)
}

/** @param type one of the protocol's own: they are kept for good. */
function headersOf(kind: FrameKind, type: string): Buffer {
  const made = known[kind].get(type)
  if (made) return made
  const parts = [header(`:${kind}-type`, type), header(':content-type', 'application/json'), header(':message-type', kind)]
  const headers = Buffer.concat(parts)
  known[kind].set(type, headers)
  return headers
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([textHeader]),
    length,
    Buffer.from(value),
  ])
}
