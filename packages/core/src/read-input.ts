/** What comes from outside, read by its form; what is wrong with it is said in words of ours, where the form has none of its own. @module */
import type { z } from 'zod'
import { InvalidInputError } from './errors.ts'

export interface InputFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * @param at the path of the value, where it is a part of something.
 * @throws InvalidInputError that names the first field that is wrong, by its whole path.
 */
export function readInput<Value>(form: z.ZodType<Value>, value: unknown, at = ''): Value {
  const read = tryInput(form, value)
  if ('value' in read) return read.value
  const field = [...(at === '' ? [] : [at]), ...read.fault.path].join('.')
  throw new InvalidInputError(read.fault.message, field === '' ? {} : { field })
}

/** The value as its form has it, or the first thing that is wrong. */
export function tryInput<Value>(form: z.ZodType<Value>, value: unknown): { value: Value } | { fault: InputFault } {
  const parsed = parseInput(form, value)
  return parsed.success ? { value: parsed.data } : { fault: firstFault(parsed.error.issues) }
}

/** All that is wrong, as zod has it, in words of ours. */
export function parseInput<Value>(form: z.ZodType<Value>, value: unknown): z.ZodSafeParseResult<Value> {
  return form.safeParse(value, { error: wordsFor })
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

/** Of alternatives that all fail, the one that fails deepest is the one that was meant; one of another type was not. */
function firstFault(issues: readonly z.core.$ZodIssue[]): InputFault {
  const [issue] = issues
  if (!issue) return { path: [], message: 'Is malformed.' }
  const { path, message } = issue
  if (issue.code === 'unrecognized_keys') return { path: [...path, ...issue.keys.slice(0, 1)], message }
  if (issue.code !== 'invalid_union') return { path, message }
  let fault: InputFault = { path, message }
  for (const alternative of issue.errors) {
    const [first] = alternative
    const inner = firstFault(alternative)
    const isMeant = inner.path.length > 0 || first?.code !== 'invalid_type'
    if (isMeant && path.length + inner.path.length >= fault.path.length)
      fault = { path: [...path, ...inner.path], message: inner.message }
  }
  return fault
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

const formats: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-01-31T09:30:00Z',
  date: 'a date such as 2026-01-31',
  url: 'a URL',
  email: 'an email address',
  uuid: 'a UUID',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  base64: 'base64',
}

/** What zod found, as a sentence about the field that it stands at. */
function wordsFor(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'Is missing.' : `Must be ${types[issue.expected] ?? issue.expected}.`
    case 'too_big':
      // A form that sets no bound of its own ends where numbers do.
      if (issue.maximum === Number.MAX_SAFE_INTEGER) return 'Is too large.'
      return `Must ${sizeIn(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum)}`
    case 'too_small':
      if (issue.inclusive && issue.minimum === 1 && (issue.origin === 'string' || issue.origin === 'array'))
        return 'Must not be empty.'
      if (issue.minimum === Number.MIN_SAFE_INTEGER) return 'Is too small.'
      return `Must ${sizeIn(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum)}`
    case 'not_multiple_of':
      return `Must be a multiple of ${issue.divisor}.`
    case 'invalid_value':
      return issue.input === undefined ? 'Is missing.' : `Must be ${oneOf(issue.values.map((value) => String(value)))}.`
    case 'invalid_format':
      return issue.format === 'regex' ? `Must match ${issue.pattern}.` : `Must be ${formats[issue.format] ?? 'well-formed'}.`
    case 'unrecognized_keys':
      return `There is no field ${JSON.stringify(issue.keys[0])} here.`
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'Is no name that can stand here.'
    case 'invalid_union':
      return issue.input === undefined ? 'Is missing.' : 'Has none of the forms that are taken here.'
    default:
      return 'Is not taken here.'
  }
}

function sizeIn(origin: string, bound: string, size: number | bigint): string {
  if (origin === 'string') return `be ${bound} ${size} ${size === 1 ? 'character' : 'characters'} long.`
  if (origin === 'array' || origin === 'set' || origin === 'map' || origin === 'record' || origin === 'object')
    return `hold ${bound} ${size}.`
  return `be ${bound} ${size}.`
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`
}
