import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heldBuffers } from '../../../../../test/support/held-buffers.ts'
import { type Line, LineReader, lineLimit } from '../../../src/analytics/read-lines.ts'

const encoder = new TextEncoder()

function linesOf(chunks: readonly Uint8Array[], ended = true): Line[] {
  const reader = new LineReader()
  const found: Line[] = []
  for (const chunk of chunks) {
    // As a socket does: the same memory for each chunk.
    const reused = chunk.slice()
    found.push(...reader.read(reused))
    reused.fill(0)
  }
  return ended ? [...found, ...reader.end()] : found
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other)
  return [0, ...at].map((from, index) => bytes.slice(from, at[index] ?? bytes.length))
}

describe('lines of a body', () => {
  it('are the same wherever the bytes are cut, also within a character', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\n', ''))
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), fc.boolean(), (texts, places, closed) => {
        const bytes = encoder.encode(texts.join('\n') + (closed && texts.length > 0 ? '\n' : ''))
        const found = linesOf(cut(bytes, places)).map((each) => ('text' in each ? each.text : each.broken))
        // The decoder takes a byte order mark away, and no bytes are no line.
        const expected = texts.map((text) => text.replace(/^\ufeff/, ''))
        if (!closed && encoder.encode(texts.at(-1) ?? '').length === 0) expected.pop()
        expect(found).toEqual(expected)
      }),
    )
  })

  it('beyond the limit are told of alone, and what is behind them is read', () => {
    const long = 'x'.repeat(lineLimit + 1)
    const bytes = encoder.encode(`a\n${long}\nb\n${'y'.repeat(lineLimit)}\nc`)
    const expected = [{ text: 'a' }, { broken: 'too_long' }, { text: 'b' }, { text: 'y'.repeat(lineLimit) }, { text: 'c' }]
    expect(linesOf([bytes])).toEqual(expected)
    expect(
      linesOf(
        cut(
          bytes,
          Array.from({ length: 500 }, (_, index) => index * 613),
        ),
      ),
    ).toEqual(expected)
  })

  it('that are no UTF-8 are told of alone', () => {
    const bytes = Uint8Array.from([...encoder.encode('a\n'), 0xc3, 0x28, 10, ...encoder.encode('b\n')])
    expect(linesOf([bytes])).toEqual([{ text: 'a' }, { broken: 'not_utf8' }, { text: 'b' }])
  })

  it('that were cut off are none', () => {
    expect(linesOf([encoder.encode('{"a":1}\n{"b":1}')], false)).toEqual([{ text: '{"a":1}' }])
  })

  it('of which none ends keep no memory', () => {
    const reader = new LineReader()
    const chunk = new Uint8Array(1024 * 1024).fill(120)
    const before = heldBuffers()
    for (let mebibytes = 0; mebibytes < 64; mebibytes++) expect([...reader.read(chunk)]).toEqual([])
    expect(heldBuffers() - before).toBeLessThan(8 * 1024 * 1024)
    expect([...reader.end()]).toEqual([{ broken: 'too_long' }])
  })
})
