import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { csvRows, jsonRows, type Row } from '../src/streams/read-rows.ts'
import { recordOf } from '../src/streams/row-record.ts'

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.replace(/\n$/, '').split('\n')
}

async function rowsOf(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return all
}

const csv = (text: string): Promise<Row[]> => rowsOf(csvRows(linesOf(text)))
const fieldsOf = (rows: readonly Row[]): unknown[] => rows.map((row) => ('fields' in row ? row.fields : row.fault))

describe('rows of CSV', () => {
  it('have the names of the head, and numbers and truths as such', async () => {
    const rows = await csv('\ufeffkey,value,on,note\na,1.5e3,true,x y\nb,-0.5,,007x\n')
    expect(fieldsOf(rows)).toEqual([
      { key: 'a', value: 1500, on: true, note: 'x y' },
      { key: 'b', value: -0.5, note: '007x' },
    ])
  })

  it('know the line where they begin, also where a cell goes over several [X49]', async () => {
    const rows = await csv('key,note\n\na,"one\ntwo, ""three"""\nb,four\n')
    expect(rows.map(({ line }) => line)).toEqual([3, 5])
    expect(fieldsOf(rows)).toEqual([
      { key: 'a', note: 'one\ntwo, "three"' },
      { key: 'b', note: 'four' },
    ])
  })

  it('that are too short or too long say so, and stop no other', async () => {
    const rows = await csv('key,value\na\nb,2\nc,3,4\n')
    expect(rows.map((row) => ('fault' in row ? `${row.line}: ${row.fault}` : 'good'))).toEqual([
      '2: It has 1 cells where the head has 2.',
      'good',
      '4: It has 3 cells where the head has 2.',
    ])
  })

  it('are those that were written, whatever the cells hold', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', ' ', '1', '.'), maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 1_200 }), async (cells) => {
        const text = Papa.unparse([['key', 'one', 'two'], ...cells.map(([one, two], index) => [`k${index}`, one, two])], {
          newline: '\n',
        })
        const rows = await csv(text)
        const expected = cells.map(([one, two], index) => ({ key: `k${index}`, one, two }))
        const shown = fieldsOf(rows).map((fields) => fields as Readonly<Record<string, unknown>>)
        expect(shown.map(({ key }) => key)).toEqual(expected.map(({ key }) => key))
        for (const [index, { one = '', two = '' }] of shown.entries()) {
          const wanted = expected[index]
          expect([one, two].map((value) => (typeof value === 'number' ? value : String(value)))).toEqual(
            [wanted?.one ?? '', wanted?.two ?? ''].map((value) =>
              /^\s*(?:\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : value,
            ),
          )
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('lines of JSON', () => {
  it('are objects, or say why not, with their number', async () => {
    const rows = await rowsOf(jsonRows(linesOf('{"key":"a"}\n\n[1]\n{"key"\n{"key":"b"}\n')))
    expect(rows.map((row) => [row.line, 'fields' in row ? row.fields : row.fault])).toEqual([
      [1, { key: 'a' }],
      [3, 'It is no JSON object.'],
      [4, 'It is no JSON.'],
      [5, { key: 'b' }],
    ])
  })
})

describe('a row as a record', () => {
  const row = (fields: Readonly<Record<string, unknown>>, line = 1): Row => ({ line, text: JSON.stringify(fields), fields })

  it('takes key, time and id by their usual names, or by those that are given', () => {
    expect(recordOf(row({ key: 'a', timestamp: '2026-01-01T00:00:00Z', id: 7, value: 1 }), {}, 'x')).toEqual({
      key: 'a',
      timestamp: '2026-01-01T00:00:00Z',
      id: '7',
      data: { value: 1 },
    })
    expect(
      recordOf(
        row({ sensor: 12, at: 1_767_225_600, no: 'z', key: 'k', value: 1 }),
        { key: 'sensor', timestamp: 'at', id: 'no' },
        'x',
      ),
    ).toEqual({ key: '12', timestamp: '2026-01-01T00:00:00.000Z', id: 'z', data: { key: 'k', value: 1 } })
  })

  it.each([
    ['2014-04-01 00:05:00', '2014-04-01T00:05:00Z'],
    ['2014-04-01 00:05', '2014-04-01T00:05:00Z'],
    ['2014-04-01 00:05:00.25', '2014-04-01T00:05:00.25Z'],
    ['2014-04-01 00:05:00+02:00', '2014-04-01T00:05:00+02:00'],
    [1_767_225_600_000, '2026-01-01T00:00:00.000Z'],
    ['1767225600', '2026-01-01T00:00:00.000Z'],
    [-315_619_200_000, '1960-01-01T00:00:00.000Z'],
    [-315_619_200, '1960-01-01T00:00:00.000Z'],
    ['-315619200', '1960-01-01T00:00:00.000Z'],
  ])('takes the time %j as %s', (timestamp, expected) => {
    expect(recordOf(row({ key: 'a', timestamp }), {}, 'x')).toMatchObject({ timestamp: expected })
  })

  it('is taken as it is when it is a record already, but for a key that is named', () => {
    const record = { key: 'a', data: { value: 1, key: 'inner' }, timestamp: '2026-01-01T00:00:00Z' }
    expect(recordOf(row(record), {}, 'x')).toMatchObject(record)
    expect(recordOf(row(record), { key: 'key' }, 'x')).toMatchObject({ key: 'a', data: { data: record.data } })
  })

  it.each([
    [{ value: 1 }, {}, /no field "key".*--key/],
    [{ key: '' }, {}, /no field "key"/],
    [{ key: 'a', timestamp: true }, {}, /"true" in "timestamp" is no time/],
    [{ key: 'a' }, { timestamp: 'at' }, /no field "at"/],
  ])('of %j is a fault', (fields, names, words) => {
    expect(recordOf(row(fields), names, 'x')).toEqual({ fault: expect.stringMatching(words) })
  })

  it('has the same id whenever it is sent, and another for another line, text or file [X50]', () => {
    const idOf = (value: number, line: number, source: string): string => {
      const record = recordOf(row({ key: 'a', value }, line), {}, source)
      return 'id' in record ? record.id : expect.fail('no record')
    }
    expect(idOf(1, 1, 'x')).toBe(idOf(1, 1, 'x'))
    expect(new Set([idOf(1, 1, 'x'), idOf(2, 1, 'x'), idOf(1, 2, 'x'), idOf(1, 1, 'y')]).size).toBe(4)
  })
})
