import type { Span } from '../matches.ts'
import { findIpv6Addresses } from './ipv6-address.ts'
import { Hints, pattern } from './nearby-words.ts'

/**
 * Addresses of IPv4 and IPv6, also in URLs, with ports, in brackets, with zones. Four numbers with dots are also versions,
 * sections and object identifiers: words and signs around them decide, and where they are silent, how large the numbers are.
 */
export function* findIpAddresses(text: string, from: number): Generator<Span> {
  const hints = new Hints(text, addressWords, versionWords)
  quad.lastIndex = from
  for (const match of text.matchAll(quad)) {
    const end = match.index + match[0].length
    if (isAddress(text, hints, match.index, end, match[0].split('.').map(Number))) yield { start: match.index, end }
  }
  yield* findIpv6Addresses(text, from)
}

/** No part above 255 or with a leading zero; no further number or word hangs on it by a dot. */
const quad: RegExp = pattern(
  String.raw`(?<!<inWord>|[\p{L}\p{N}]\.)(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!<inWord>|\.\d|\.(?!nip\.io|sslip\.io|xip\.io)[a-z]|[\-+~](?!\d)\p{L})`,
  'gv',
)

function isAddress(text: string, hints: Hints, start: number, end: number, parts: readonly number[]): boolean {
  const before = text.slice(Math.max(0, start - 24), start)
  const after = text.slice(end, end + 8)
  if (versionBefore.test(before) || isMask(parts)) return false
  const hint = hints.before(start)
  if (hint === 'against') return /^:\d{2,5}(?!\d)/.test(after) || isUnlikeVersions(parts)
  if (hint === 'for' || /^(?::\d{2,5}(?!\d)|\/\d{1,2}(?!\d))/.test(after) || /(?:\/\/|\[)$/.test(before))
    return !isIdentifier(parts)
  if (isIdentifier(parts)) return false
  return isLarge(parts) || parts[0] === 10 || resolvers.has(parts.join('.')) || parts.join('.') === '0.0.0.0'
}

/** Ones and then zeros: a mask of a network. */
function isMask(parts: readonly number[]): boolean {
  return parts[0] === 255 && /^1+0+$/.test(parts.map((part) => part.toString(2).padStart(8, '0')).join(''))
}

/** Seldom met in versions. */
function isLarge(parts: readonly number[]): boolean {
  return Math.max(...parts) >= 100 || parts.filter((part) => part >= 32).length >= 2
}

/** Never met in versions: private networks, and more than one part of three digits. */
function isUnlikeVersions([first = 0, second = 0, third = 0, fourth = 0]: readonly number[]): boolean {
  if ((first === 192 && second === 168) || (first === 172 && second >= 16 && second <= 31) || first === 127) return true
  return [first, second, third, fourth].filter((part) => part >= 100).length >= 2
}

/** The beginnings of object identifiers: ISO organisations, directory services. */
function isIdentifier([first = 0, second = 0, third = 0]: readonly number[]): boolean {
  return (
    (first === 1 && second === 3 && third === 6) ||
    (first === 2 && second === 5 && (third === 4 || third === 29)) ||
    (first === 1 && second === 2 && third === 840)
  )
}

const resolvers = new Set(['1.1.1.1', '1.0.0.1', '8.8.8.8', '8.8.4.4', '9.9.9.9', '1.1.1.2', '1.1.1.3', '4.2.2.1', '4.2.2.2'])

/** Directly before: v1.2.3.4, name-1.2.3.4, Name/1.2.3.4, ==1.2.3.4, ^1.2.3.4, § 1.2.3.4. */
const versionBefore = /(?:\bv(?:er(?:sion)?)?\.?[ :]?|[\p{L}\d][-_]|[\p{L})]\/|(?:[=~<>!]=|[~^]|~>) ?"?|§ ?|package@)$/iu
const addressWords =
  /\bips?\b|\bipv4|ip[-_ ]?addr|address|adresse|direcci[oó]n|\baddr\b|hosts?\b|hostname|server|\bserveur|servidor|\bdns\b|nameserver|gateway|router|subnet|netmask|\bping|tracert|traceroute|\bssh\b|telnet|\bcurl\b|\bclients?\b|\bpeer\b|remote|\bsrc\b|\bdst\b|source|destination|connect|listen|bind|firewall|block|login|log(?:ged)? in|\bvpn\b|\bnat\b|proxy|forwarded|endpoint|upstream|backend|node\b|\bport\b|deny|allow|whitelist|blacklist|\bscan|attack|requests? from|traffic|\bdhcp|\bleases?\b|machine|\bvisitor|user-agent|geo|\bwhois|\bnmap|inet\b|\bA\b record/giu
const versionWords =
  /version|\bver\b|\brelease[ds]?\b|\bbuild\b|firmware|upgrad|updat|downgrad|\bpatch|driver|\bsdk\b|library|package|\bnpm\b|\bpip\b|install|nuget|maven|\bgem\b|assembly|assemblyversion|dependency|\boid\b|object identifier|\bsnmp|section|chapter|clause|paragraph|appendix|article|\bstep\b|figure|\btable\b|heading|requirement|\bsec\.|kapitel|abschnitt|secci[oó]n|chrome|firefox|safari|edge\b|chromium|browser|changelog|migrat|\bapp\b|software|\bbios\b|\bapi\b|kernel|\bbinary|\bjar\b|\bdll\b|\bexe\b|rule\b|\bISO\b|standard|schema|\bmodule\b|plugin|bump|\btag\b/giu
