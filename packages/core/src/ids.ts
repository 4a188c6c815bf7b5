import type { Clock } from './ports/clock.ts'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * A UUID of version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then 74 random bits, so that ids made later sort later
 * and an index over them grows at its end.
 */
export function uuid(clock: Clock): string {
  const bytes = clock.randomBytes(10)
  const time = Math.floor(clock.now()).toString(16).padStart(12, '0')
  const [a = 0, b = 0, c = 0, ...rest] = bytes
  const version = hex[0x70 | (a & 0x0f)]
  const variant = hex[0x80 | (c & 0x3f)]
  const [d, e, f, g, h, i, j] = rest.map((byte) => hex[byte])
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex[b]}-${variant}${d}-${e}${f}${g}${h}${i}${j}`
}

/** Milliseconds as text of constant length, so that its byte order is the order of time (until the year 2286). */
export function timeOrder(milliseconds: number): string {
  return Math.max(0, Math.floor(milliseconds)).toString().padStart(13, '0')
}
