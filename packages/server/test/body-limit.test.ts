import { expect, it } from 'vitest'
import { bodyBytes } from '../src/body-bytes.ts'
import type { Arrival } from '../src/exchange.ts'
import { readJson } from '../src/json-body.ts'

const large = new Uint8Array(11 * 1024 * 1024)
const arrival: Arrival = {
  method: 'POST',
  path: '/',
  query: new URLSearchParams(),
  header: () => undefined,
  hasBody: true,
  collect: async (take) => take(large),
}

it.each([
  [16 * 1024, '16 KiB'],
  [10 * 1024 * 1024, '10 MiB'],
])('a body above %i bytes is refused with its limit in words', async (limit, words) => {
  await expect(readJson(arrival, limit)).rejects.toThrow(`The body holds at most ${words}.`)
  await expect(bodyBytes(arrival, limit).next()).rejects.toThrow(`The body holds at most ${words}.`)
})
