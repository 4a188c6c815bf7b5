import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { InvalidInputError } from '../src/errors.ts'
import { readInput } from '../src/read-input.ts'

const form = z.strictObject({
  name: z.string().min(1).max(4),
  size: z.int().min(1).max(9),
  share: z.number().gt(0).lt(1).optional(),
  kind: z.enum(['one', 'two']).optional(),
  on: z.boolean().optional(),
  at: z.iso.datetime().optional(),
  words: z.array(z.string()).min(1).max(2).optional(),
  revision: z.int().min(0).optional(),
  own: z.string('Say it in words.').optional(),
  more: z.record(z.string().regex(/^[a-z]+$/, 'must be small letters'), z.number()).optional(),
  either: z.union([z.string(), z.strictObject({ deep: z.number() })]).optional(),
})
const good = { name: 'name', size: 1 }

function refusal(value: unknown): [field: string | undefined, words: string] {
  try {
    readInput(form, value)
  } catch (error) {
    if (error instanceof InvalidInputError) return [error.field, error.message]
  }
  return expect.fail('It was taken.')
}

describe('what is wrong with an input', () => {
  it.each<[unknown, string | undefined, string]>([
    [{ size: 1 }, 'name', 'Is missing.'],
    [{ ...good, name: 1 }, 'name', 'Must be a text.'],
    [{ ...good, name: '' }, 'name', 'Must not be empty.'],
    [{ ...good, name: 'names' }, 'name', 'Must be at most 4 characters long.'],
    [{ ...good, size: 0 }, 'size', 'Must be at least 1.'],
    [{ ...good, size: 10 }, 'size', 'Must be at most 9.'],
    [{ ...good, size: 1.5 }, 'size', 'Must be a whole number.'],
    [{ ...good, share: 0 }, 'share', 'Must be more than 0.'],
    [{ ...good, share: 1 }, 'share', 'Must be less than 1.'],
    [{ ...good, revision: -1 }, 'revision', 'Must be at least 0.'],
    [{ ...good, revision: 1e308 }, 'revision', 'Is too large.'],
    [{ ...good, revision: -1e308 }, 'revision', 'Is too small.'],
    [{ ...good, kind: 'six' }, 'kind', 'Must be one of one, two.'],
    [{ ...good, on: 'yes' }, 'on', 'Must be true or false.'],
    [{ ...good, at: 'noon' }, 'at', 'Must be a time such as 2026-01-31T09:30:00Z.'],
    [{ ...good, words: [] }, 'words', 'Must not be empty.'],
    [{ ...good, words: ['a', 'b', 'c'] }, 'words', 'Must hold at most 2.'],
    [{ ...good, words: ['a', 2] }, 'words.1', 'Must be a text.'],
    [{ ...good, own: 1 }, 'own', 'Say it in words.'],
    [{ ...good, more: { A: 1 } }, 'more.A', 'must be small letters'],
    [{ ...good, either: { deep: 'x' } }, 'either.deep', 'Must be a number.'],
    [{ ...good, either: 1 }, 'either', 'Has none of the forms that are taken here.'],
    [{ ...good, naem: 'x' }, 'naem', 'There is no field "naem" here.'],
    [null, undefined, 'Must be an object.'],
  ])('%j is told in a sentence at its field', (value, field, words) => {
    expect(refusal(value)).toEqual([field, words])
  })

  it('is told by its whole path, where the value is a part of something', () => {
    expect(() => readInput(form, { ...good, size: 0 }, 'parts.3')).toThrow(expect.objectContaining({ field: 'parts.3.size' }))
  })
})
