import { describe, expect, it } from 'vitest'
import { builtInDetectors } from '../../src/tenancy/filters/detectors/detectors.ts'
import { filterKinds } from '../../src/tenancy/filters/filter-settings.ts'
import { FilterStream } from '../../src/tenancy/filters/filter-stream.ts'
import { leadingSignals, supportingSignals } from '../../src/tenancy/filters/injection/signals.ts'
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
  it('is at most four looks at each character, for whole texts and for streams of single characters [X69]', () => {
    for (const part of hostile) {
      let looked = 0
      const counting = Object.fromEntries(
        valueKinds.map((kind) => [
          kind,
          function* (text: string, from: number) {
            looked += text.length
            expect(text.length).toBeLessThanOrEqual(segmentLimit + 80)
            yield* builtInDetectors[kind](text, from)
          },
        ]),
      ) as unknown as Detectors
      const text = part.repeat(20_000 / part.length)
      const stream = new FilterStream(rules, 'output', counting)
      for (const character of text) stream.push(character)
      stream.end()
      const bySingles = looked
      looked = 0
      const whole = new FilterStream(rules, 'output', counting)
      whole.push(text)
      whole.end()
      expect(looked).toBe(bySingles)
      expect(looked / valueKinds.length, JSON.stringify(part)).toBeLessThanOrEqual(40 * text.length)
    }
  })

  it('takes no detector long in any text that it is ever shown', () => {
    for (const part of hostile) {
      const text = part.repeat(segmentLimit / part.length)
      for (const kind of valueKinds)
        expect(
          slowest(() => [...builtInDetectors[kind](text, 0)]),
          `${kind} on ${JSON.stringify(part)}`,
        ).toBeLessThan(250)
      const passage = part.repeat(512 / part.length)
      expect(
        slowest(() => [leadingSignals('', passage), supportingSignals('', passage)]),
        JSON.stringify(part),
      ).toBeLessThan(250)
    }
  })

  it('of a million characters ends, with every kind looked for [X69]', { timeout: 300_000 }, () => {
    for (const part of ['a', '1 ', '@', 'a@b.', 'password=', '1.1.', '\u200b', 'ignore the ', '4111 1111 ']) {
      const before = process.cpuUsage().user
      const stream = new FilterStream(rules, 'output')
      stream.push(part.repeat(million / part.length))
      stream.end()
      expect((process.cpuUsage().user - before) / million, JSON.stringify(part)).toBeLessThan(30)
    }
  })
})

/** Milliseconds of processor time, the better of two runs: the first may compile patterns. */
function slowest(work: () => unknown): number {
  const runs = [0, 1].map(() => {
    const before = process.cpuUsage().user
    work()
    return (process.cpuUsage().user - before) / 1000
  })
  return Math.min(...runs)
}
