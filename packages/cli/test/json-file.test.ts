import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { readJsonObject } from '../src/json-file.ts'

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'plan.json')
  writeFileSync(path, text)
  return path
}

function refusalOf(text: string): string {
  const path = fileOf(text)
  try {
    readJsonObject(path, 'plan')
  } catch (error) {
    const { message, field } = error as Error & { field?: string }
    expect(field).toBe('plan')
    return message.replace(path, 'plan.json')
  }
  throw new Error(`${text} was read.`)
}

const private500 = 'x'.repeat(500)

describe('a file of JSON', () => {
  it('is read', () => {
    expect(readJsonObject(fileOf('{"steps": []}'), 'plan')).toEqual({ steps: [] })
    expect(readJsonObject(fileOf('\uFEFF{"steps": []}'), 'plan')).toEqual({ steps: [] })
  })

  it('is refused with a name that objects have another use for', () => {
    expect(refusalOf('{"models": {"__proto__": {"input": 1}}}')).toContain('__proto__')
  })

  it.each([
    ['{"steps": [\n  {"id": }\n]}', "Unexpected token '}' (line 2, column 10)"],
    [`{"a": "${private500}",\n "b": tru,\n "c": "${private500}"}`, "Unexpected token ',' (line 2, column 10)"],
    ['{"a": 1\n"b": 2}', "Expected ',' or '}' after property value (line 2, column 1)"],
    ['{"a": 1', "Expected ',' or '}' after property value (line 1, column 8)"],
    ["{'a': 1}", "Expected property name or '}' (line 1, column 2)"],
    ['{"a": [1, 2,]}', "Unexpected token ']' (line 1, column 13)"],
    ['{"a": "b\nc"}', 'Bad control character in string literal (line 1, column 9)'],
    ['{} {}', 'Unexpected non-whitespace character after JSON (line 1, column 4)'],
    ['', 'Unexpected end of JSON input (line 1, column 1)'],
  ])('is refused with the reason and the place: %j', (text, said) => {
    expect(refusalOf(text)).toBe(`plan.json holds no JSON object: ${said}.`)
  })

  it.each(['[]', '"x"', 'null', '7'])('that holds no object is refused: %s', (text) => {
    expect(refusalOf(text)).toBe('plan.json holds no JSON object.')
  })
})
