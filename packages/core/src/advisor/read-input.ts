import type { z } from 'zod'
import { InvalidInputError } from '../errors.ts'

/** @throws InvalidInputError that names the field. */
export function readInput<Value>(form: z.ZodType<Value>, value: unknown): Value {
  const parsed = form.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].join('.')
  throw new InvalidInputError(issue?.message ?? 'The input is malformed.', field === '' ? {} : { field })
}

/** Does what may refuse a field of something that lies in a field itself. @throws InvalidInputError whose field is the whole path. */
export function inField<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof InvalidInputError) || error.field === undefined) throw error
    throw new InvalidInputError(error.message, { code: error.code, field: `${path}.${error.field}`, cause: error })
  }
}
