import { describe, expect, it } from 'vitest'
import { builtInDetectors } from '../../src/tenancy/filters/detectors/detectors.ts'
import { filterKinds } from '../../src/tenancy/filters/filter-settings.ts'
import { FilterStream } from '../../src/tenancy/filters/filter-stream.ts'
import { InjectionScanner } from '../../src/tenancy/filters/injection/injection-scanner.ts'
import type { ReadSignals } from '../../src/tenancy/filters/injection/signals.ts'
import { longValue, readOn } from '../../src/tenancy/filters/long-values.ts'
import { type Detectors, valueKinds } from '../../src/tenancy/filters/matches.ts'
import { segmentLimit } from '../../src/tenancy/filters/segments.ts'
import { rulesFor, settings } from './support.ts'

/** Texts that make careless patterns and buffers slow. */
const hostile = [
  'a',
  '1',
  ' ',
  '@',
  '.',
  '-',
  ':',
  '(',
  '"',
  '=',
  '/',
  '\n',
  '\u200b',
  '\u0336',
  '这',
  '1 ',
  '1-',
  '12.',
  '1.1.',
  'a@',
  '@a.',
  'a.',
  'a@b.',
  '+1 ',
  '(1',
  '0 0',
  '::',
  'f:',
  'ab:',
  'DE1',
  'GB29 ',
  'eyJ',
  'eyJa.',
  'sk-',
  'password=',
  'password:"',
  'token ',
  '://a:',
  'x:y@',
  '-----BEGIN ',
  '-----BEGIN',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----\n',
  '--\u200b---BEGIN PRIVATE KEY----- ',
  '-----BEGIN RSA PRIVATE KEY-----\nabc\n',
  '-----BEGIN PRIVATE KEY-----\n1234567890123456 ',
  '-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkq-----END PRIVATE KEY-----',
  '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ---- ',
  'secret_key',
  '1. ',
  'x=1; ',
  'bob@example.com. ',
  '\ufdfa',
  '-----',
  'ignore ',
  'you are now ',
  'your answer ',
  'send a ',
  'the ',
  'project ',
  'project\u200b ',
  'a b ',
  '4 ',
  '4111 ',
  '123-',
  'is is ',
  '%40',
  '[at]',
  'ext 1 ',
  'bearer ',
  '<!--',
  '!\\[',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@',
]
const million = 1_000_000
const rules = settings(rulesFor('mask', filterKinds), {
  deny_list: ['project phoenix', 'a b c d e f g', '这这这'],
  max_characters: 10_000_000,
})

describe('work on hostile texts', () => {
  it('shows each character to the detectors six times at the most, and little at a time [X69]', { timeout: 300_000 }, () => {
    for (const part of hostile) {
      const text = part.repeat(50_000 / part.length)
      let looked = 0
      const counting = Object.fromEntries(
        valueKinds.map((kind) => [
          kind,
          (shown: string, from: number) => {
            looked += kind === 'credential' ? shown.length : 0
            if (shown.length > segmentLimit + 80) throw new RangeError('shown too much')
            return builtInDetectors[kind](shown, from)
          },
        ]),
      ) as unknown as Detectors
      for (const input of [[text], text.match(/.{1,97}/gs) ?? []]) {
        looked = 0
        const stream = new FilterStream(rules, 'output', counting)
        for (const delta of input) stream.push(delta)
        stream.end()
        expect(looked, JSON.stringify(part)).toBeLessThanOrEqual(6 * text.length)
      }
    }
  })

  it('shows each character to the signals nine times at the most, and little at a time [X69]', () => {
    for (const part of [...hostile, 'a short one. ']) {
      const text = part.repeat(50_000 / part.length)
      let looked = 0
      const count: ReadSignals = (before, passage) => {
        looked += before.length + passage.length
        expect(before.length + passage.length).toBeLessThanOrEqual(600)
        return new Map([['something', 0.1]])
      }
      const scanner = new InjectionScanner(count, () => new Map())
      scanner.push(text)
      scanner.end()
      expect(looked, JSON.stringify(part)).toBeLessThanOrEqual(9 * text.length)
    }
  })

  it('reads on in a key by its next 320 characters only [X69]', () => {
    const header = '-----BEGIN PRIVATE KEY-----'
    for (const part of [header, `${header}\n`, 'MIIEvQIBADANBgkq\n', '\n', '\u200b', '> ', '-----END ', 'a ', '"+\n"']) {
      const text = part.repeat(4000 / part.length)
      const block = longValue('key block')
      const { upTo, done } = readOn(block, text, 0, false)
      // Whatever comes after these characters, the answer is the same.
      for (const more of ['', 'x'.repeat(9000)]) {
        const seen = text.slice(0, upTo + 320) + (done ? more : '')
        expect(readOn(longValue('key block'), seen, 0, false).upTo, JSON.stringify(part)).toBe(upTo)
      }
      expect(done || text.length - upTo < 320).toBe(true)
    }
  })

  it.each(['a', '@a.', '4111 ', 'ignore the ', '\n', '-----BEGIN PRIVATE KEY-----', '-----BEGIN PRIVATE KEY-----\nabc\n'])(
    'ends on a million characters of %j, with every kind looked for [X69]',
    { timeout: 300_000 },
    (part) => {
      const text = part.repeat(million / part.length)
      const stream = new FilterStream(rules, 'output')
      expect((stream.push(text) + stream.end()).length).toBeGreaterThan(0)
    },
  )
})
