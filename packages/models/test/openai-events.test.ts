import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ServerSentEvents } from '../src/openai-compatible/server-sent-events.ts'

function read(...chunks: readonly (string | Buffer)[]): readonly string[] {
  const found: string[] = []
  const events = new ServerSentEvents((data) => found.push(data))
  for (const chunk of chunks) events.push(Buffer.from(chunk))
  return found
}

describe('server-sent events', () => {
  it('are the same wherever their bytes are cut, and however their lines end', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => text.replaceAll(/[\r\n]/g, ''))
    const event = fc.array(line, { minLength: 1, maxLength: 3 })
    const end = fc.constantFrom('\n', '\r\n', '\r')
    const cuts = fc.array(fc.nat(10), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), end, cuts, (events, end, cuts) => {
        const text = events.map((lines) => `: no${end}${lines.map((each) => `data: ${each}${end}`).join('')}${end}`).join('')
        const bytes = Buffer.from(text)
        const chunks: Buffer[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 0
          chunks.push(bytes.subarray(at, at + size))
          // Empty ones, too, but not only.
          at += size
          if (cuts.every((each) => each === 0)) chunks.push(bytes.subarray(at++, at))
        }
        expect(read(...chunks)).toEqual(events.map((lines) => lines.join('\n')))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['a mark of byte order', '\uFEFFdata: a\n\n', ['a']],
    ['no space', 'data:a\n\n', ['a']],
    ['one space of two', 'data:  a\n\n', [' a']],
    ['a field without a value', 'data\n\n', ['']],
    ['fields of other names', 'event: x\nid: 1\nretry: 5\ndatabase: y\ndata: a\n\n', ['a']],
    ['empty lines', '\n\n\ndata: a\n\n\n\n', ['a']],
    ['no end', 'data: a\n\ndata: b\n', ['a']],
    ['no end of a line', 'data: a\n\ndata: b', ['a']],
    ['mixed ends', 'data: a\r\n\ndata: b\r\rdata: c\n\r\n', ['a', 'b', 'c']],
  ])('with %s', (_, text, wanted) => {
    expect(read(text)).toEqual(wanted)
    expect(read(...Array.from(Buffer.from(text), (byte) => Buffer.of(byte)))).toEqual(wanted)
  })

  it('without an end are no more than can be held: neither one line nor many', () => {
    const events = new ServerSentEvents(() => {})
    const piece = Buffer.alloc(1024 * 1024, 'x')
    const feed = (): void => {
      for (let turn = 0; turn < 20; turn++) events.push(piece)
    }
    expect(feed).toThrow(expect.objectContaining({ code: 'too_large', retryable: false }))
    const lines = new ServerSentEvents(() => {})
    const line = Buffer.from(`data: ${'x'.repeat(1024 * 1024)}\n`)
    const more = (): void => {
      for (let turn = 0; turn < 20; turn++) lines.push(line)
    }
    expect(more).toThrow(expect.objectContaining({ code: 'too_large', retryable: false }))
  })
})
