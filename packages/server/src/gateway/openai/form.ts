import { InvalidInputError } from '@plinth/core'
import type { z } from 'zod'

/**
 * What a body says, by its schema; what the schema doesn't know is left out.
 * @throws InvalidInputError for the first thing that is wrong, with its path.
 */
export function readForm<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const { path, message } = closest(parsed.error.issues)
  throw new InvalidInputError(message, path.length === 0 ? {} : { field: path.join('.') })
}

interface Fault {
  readonly code?: string
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Of alternatives that all fail, the one that fails deepest is the one that was meant; one of another type was not. */
function closest(issues: readonly z.core.$ZodIssue[]): Fault {
  const [issue] = issues
  if (!issue) return { path: [], message: 'The input is malformed.' }
  if (issue.code !== 'invalid_union') return issue
  let fault: Fault = issue
  for (const alternative of issue.errors) {
    const { code, path, message } = closest(alternative)
    const isMeant = path.length > 0 || code !== 'invalid_type'
    if (isMeant && issue.path.length + path.length >= fault.path.length) fault = { path: [...issue.path, ...path], message }
  }
  return fault
}
