import type { CallToolResult } from '@modelcontextprotocol/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOf } from '../src/client/answer-text.ts'
import { idOfLong, type LongLine, MessageLines } from '../src/client/message-lines.ts'
import { plain } from '../src/client/offered-tools.ts'

describe('lines of messages', () => {
  const pieces = (bytes: Buffer, cuts: readonly number[], most: number) => {
    const lines: string[] = []
    const long: LongLine[] = []
    const reader = new MessageLines({ most, onLine: (line) => lines.push(line), onLong: (line) => long.push(line) })
    const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    for (const [at, from] of places.slice(0, -1).entries()) reader.push(bytes.subarray(from, places[at + 1]))
    return { lines, long }
  }

  it('are the same however the bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 })), fc.array(fc.nat()), (texts, cuts) => {
        const given = texts.map((text) => text.replaceAll('\n', ' '))
        const { lines, long } = pieces(Buffer.from(given.map((text) => `${text}\n`).join('')), cuts, 1_000)
        expect(lines).toEqual(given.filter((text) => text !== ''))
        expect(long).toEqual([])
      }),
    )
  })

  it('that are too long are told by their ends alone, and do no harm to others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_001, max: 5_000 }), fc.array(fc.nat()), fc.nat({ max: 1e9 }), (length, cuts, id) => {
        const texts = [
          'before',
          `{"jsonrpc":"2.0","id":${id},${'x'.repeat(length)}`,
          'after',
          `${'x'.repeat(length)},"id":${id}}`,
        ]
        const { lines, long } = pieces(Buffer.from(texts.map((text) => `${text}\n`).join('')), cuts, 1_000)
        expect(lines).toEqual(['before', 'after'])
        expect(long.map(idOfLong)).toEqual([id, id])
        for (const { head, tail } of long) expect([head.length, tail.length]).toEqual([256, 256])
      }),
    )
  })

  it('have no id where none of their ends tells one', () => {
    for (const head of ['{"jsonrpc":"2.0","method":"x","id":5', '{"result":{"id":5,', '{"id":"text",', ''])
      expect(idOfLong({ head, tail: '"}' })).toBeUndefined()
    expect(idOfLong({ head: '{"result":', tail: '"id":5' })).toBeUndefined()
  })
})

describe('what a tool answers, as text', () => {
  const textOf = (result: Partial<CallToolResult>): string => answerOf({ content: [], ...result } as CallToolResult).text

  it('has structured content once', () => {
    const structuredContent = { b: 1, a: ['x'] }
    const said = [
      [{ type: 'text' as const, text: '{ "a": ["x"], "b": 1 }' }],
      [
        { type: 'text' as const, text: 'Here:' },
        { type: 'text' as const, text: '{"b":1,"a":["x"]}' },
      ],
    ]
    for (const content of said) expect(textOf({ content, structuredContent })).toBe(content.map(({ text }) => text).join('\n'))
    expect(textOf({ content: [{ type: 'text', text: 'Done.' }], structuredContent })).toBe('Done.\n{"b":1,"a":["x"]}')
    expect(textOf({ content: [{ type: 'text', text: 'Done.' }], structuredContent: { content: 'Done.' } })).toBe('Done.')
    expect(textOf({ structuredContent })).toBe('{"b":1,"a":["x"]}')
    expect(textOf({ structuredContent: 5 as never })).toBe('5')
  })

  it('has a line for what is no text, and no more of names than fits', () => {
    const audio = { type: 'audio' as const, mimeType: 'audio/wav', data: Buffer.from('twelve bytes').toString('base64') }
    expect(textOf({ content: [audio] })).toBe('[audio, audio/wav, 12 bytes]')
    expect(textOf({ content: [{ ...audio, mimeType: 'x'.repeat(10_000) }] }).length).toBeLessThan(400)
    expect(textOf({ content: [{ type: 'hologram' } as never] })).toBe('[something that can not be shown]')
  })

  it('is bounded, by characters and not by blocks', () => {
    const block = { type: 'text' as const, text: 'x'.repeat(60_000) }
    expect(textOf({ content: [block, block, block] })).toMatch(/^x+\nx+\n\[The answer was longer: the rest was cut off\.\]$/)
    expect(textOf({ structuredContent: { a: 'x'.repeat(200_000) } }).length).toBeLessThan(100_100)
    expect(textOf({ content: Array.from({ length: 1_000 }, () => ({ type: 'text', text: 'x' })) })).toHaveLength(1_999)
    // A character of two halves is not cut in two.
    expect(textOf({ content: [{ type: 'text', text: `${'x'.repeat(99_999)}😀` }] }).isWellFormed()).toBe(true)
  })
})

describe('words of a server', () => {
  it('are without characters that do not show, and short', () => {
    expect(plain('a\u0000b\u001b[31mc\u202ed\u{e0041}e\nf\t', 100)).toBe('ab[31mcde\nf\t')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = plain(text, 10)
        expect(shown.length).toBeLessThanOrEqual(10)
        expect(shown.isWellFormed()).toBe(true)
      }),
    )
  })
})
