import { pathOf } from '../../api/client.ts'

/** Where the rules stand, beside the streams. A stream of this name has a longer address. */
export const rulesAddress = '/streams/rules'

/** The page of a stream, with what else stands in the address. */
export function streamAddress(name: string, query: Readonly<Record<string, string>> = {}): string {
  const path = name === 'rules' ? `${rulesAddress}/stream` : pathOf('/streams/{}', [name])
  const given = new URLSearchParams(query).toString()
  return given === '' ? path : `${path}?${given}`
}

/** A path of the API below a stream. */
export function streamPath(name: string, rest = ''): string {
  return `${pathOf('/api/streams/{}', [name])}${rest}`
}
