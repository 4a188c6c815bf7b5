import { expect, it } from 'vitest'
import { readRecords } from '../src/screens/streams/read-records.ts'

it('records are a list, an object with one, or a record a line', () => {
  for (const text of ['[{"key":"a"}]', '{"records":[{"key":"a"}]}', '{"key":"a"}', '{"key":"a"}\n\n'])
    expect(readRecords(text)).toEqual([{ key: 'a' }])
  expect(readRecords('{"key":"a"}\n{"key":"b"}')).toEqual([{ key: 'a' }, { key: 'b' }])
})

it('a bad line is named', () => {
  expect(readRecords('{"key":"a"}\n{"key":"b"\n{"key":"c"}')).toMatchObject({
    message: expect.stringMatching(/^Line 2 is no record/),
  })
})

it('a number that would become null is refused', () => {
  for (const text of ['[{"key":"a","data":{"v":1e309}}]', '{"key":"a"}\n{"data":{"v":-1e309}}'])
    expect(readRecords(text)).toMatchObject({ message: expect.stringContaining('v is a number that is too large') })
})
