import type { Span } from '../matches.ts'

/** Addresses of IPv6 (RFC 4291, zones of RFC 4007). Times, hardware addresses, fingerprints and names with `::` aren't. */
export function* findIpv6Addresses(text: string, from: number): Generator<Span> {
  candidate.lastIndex = from
  for (const match of text.matchAll(candidate)) {
    const [value, run = '', zone = ''] = match
    const address = zone === '' ? run.replace(/(?<!:):$/, '') : run
    const end = match.index + (zone === '' ? address.length : value.length)
    if (/^[\p{L}\p{N}_]/u.test(text.slice(end, end + 1))) continue
    if (isAddress(address, text.slice(Math.max(0, match.index - 2), match.index))) yield { start: match.index, end }
  }
}

/** Hexadecimal groups with colons, perhaps an IPv4 address at the end, perhaps a zone. A colon before is that of a label. */
const candidate =
  /(?:(?<![\p{L}\p{N}_:.])|(?<=\b(?:ipv6|ip|addr|address|inet6?|host|src|dst|source|client|server|peer):))([0-9a-f]{0,4}:[0-9a-f:]{1,44}(?:\.\d{1,3}){0,3})(%[0-9a-z](?:[0-9a-z._-]{0,14}[0-9a-z])?)?/giu

function isAddress(address: string, before: string): boolean {
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const all = groups.flat()
  const last = all.at(-1) ?? ''
  const v4 = /^\d+\.\d+\.\d+\.\d+$/.test(last) && last.split('.').every((part) => Number(part) <= 255)
  if (!all.every((group, index) => /^[0-9a-f]{1,4}$/i.test(group) || (v4 && index === all.length - 1))) return false
  const count = all.length + (v4 ? 1 : 0)
  // Eight groups of two digits are an EUI-64 or a fingerprint.
  if (halves.length === 1) return count === 8 && !all.every((group) => group.length === 2)
  if (count > 7) return false
  if (count === 1 && groups[0]?.length === 0) return last === '1' && !/[\p{L}\p{N}_)\]]\[$/u.test(before)
  if (global.test(all[0] ?? '')) return true
  return v4 || (count >= 3 && all.some((group) => /\d/.test(group)))
}

/** The first group of an address in use: global, link-local, unique local, multicast, translated. */
const global = /^(?:[23][0-9a-f]{3}|fe[89a-f][0-9a-f]|f[cd][0-9a-f]{2}|ff[0-9a-f]{2}|64)$/i
