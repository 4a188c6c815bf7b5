import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSeries, type SeriesRow } from '../src/series-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-series-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function rowsOf(path: string): Promise<SeriesRow[]> {
  const rows: SeriesRow[] = []
  for await (const row of readSeries(path)) rows.push(row)
  return rows
}

async function read(text: string): Promise<SeriesRow[]> {
  const path = join(folder, 'series.csv')
  writeFileSync(path, text)
  return rowsOf(path)
}

const midnight = Date.UTC(2026, 0, 5)

describe('a series in CSV', () => {
  it('is read as programs write it: a byte order mark, CRLF, quotes, other columns, empty lines, zones, seconds since 1970', async () => {
    const rows = await read(
      '\ufeffhost,"Timestamp",Value\r\na,2026-01-05T01:00:00+01:00,1\r\n\r\n"b\nc",1767571200,-2.5e3\r\na,"2026-01-05",.5\r\n' +
        'a,1767571200000,7.\r\na,2026-01-05 00:00:00.5,+1',
    )
    expect(rows.map(({ line, time, value }) => [line, time, value])).toEqual([
      [2, midnight, 1],
      [4, midnight, -2500],
      [6, midnight, 0.5],
      [7, midnight, 7],
      [8, midnight + 500, 1],
    ])
    expect(rows[1]).toMatchObject({ timestamp: '1767571200', written: '-2.5e3' })
  })

  it('is read in full when it is long', async () => {
    const rows = await read(`timestamp,value\n${Array.from({ length: 100_000 }, (_, row) => `${row},${row * 2}\n`).join('')}`)
    expect(rows.length).toBe(100_000)
    expect(rows.findIndex(({ line, time, value }, at) => line !== at + 2 || time !== at * 1000 || value !== at * 2)).toBe(-1)
  })

  it.each([
    ['2026-01-05 00:00:00,abc', 'line 3: "abc" is no number.'],
    ['2026-01-05 00:00:00,', 'line 3: there is no value: leave such rows out.'],
    ['2026-01-05 00:00:00,NaN', 'line 3: "NaN" is no number.'],
    ['2026-01-05 00:00:00,0x10', 'line 3: "0x10" is no number.'],
    ['2026-01-05 00:00:00,1e999', 'line 3: "1e999" is no number.'],
    ['yesterday,1', 'line 3: "yesterday" is no timestamp'],
    ['2026-13-05 00:00:00,1', 'line 3: "2026-13-05 00:00:00" is no timestamp'],
    ['1e300,1', 'line 3: "1e300" is no timestamp'],
    ['2026-01-05 00:00:00', 'line 3: timestamp and value are expected'],
    ['\n"2026-01-05","1\n2"', 'line 4: "1\\n2" is no number.'],
  ])('is refused at the row %j', async (row, said) => {
    await expect(read(`timestamp,value\n2026-01-04 23:55:00,1\n${row}\n`)).rejects.toThrow(`series.csv, ${said}`)
  })

  it('is refused without its header, and when there is none', async () => {
    await expect(read('')).rejects.toThrow('line 1: the header timestamp,value is expected, and the file is empty.')
    await expect(read('2026-01-05,1\n')).rejects.toThrow('line 1: the header must name the columns timestamp and value')
    await expect(rowsOf(join(folder, 'none.csv'))).rejects.toThrow('There is no file')
  })

  it('of any text at all is rows that can be counted with, or a refusal that names the file and the line', async () => {
    const marks = [
      ',',
      '"',
      '\n',
      '\r\n',
      '\r',
      '\0',
      '\ufeff',
      '\ud800',
      ' ',
      '-',
      '1',
      'e',
      '.',
      '2026-01-05',
      '=HYPERLINK("x")',
    ]
    const piece = fc.oneof(fc.constantFrom(...marks), fc.string({ unit: 'binary', maxLength: 5 }))
    const rest = fc.array(piece, { maxLength: 40 }).map((all) => all.join(''))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('timestamp,value\n2026-01-05,1\n', 'timestamp,value\n', ''), rest, async (head, text) => {
        try {
          for (const { line, time, value } of await read(head + text)) {
            expect([line, time, value].every(Number.isFinite)).toBe(true)
            expect(Number.isNaN(new Date(time).getTime())).toBe(false)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError)
          expect((error as Error).message).toMatch(/^\S*series\.csv, line \d+: [^\0-\x1f]+\.$/)
        }
      }),
      { numRuns: 300 },
    )
  })
})
