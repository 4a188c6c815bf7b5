/** Refusing what a body holds that can't be right. @module */
import { InvalidInputError } from '@plinth/core'
import type { z } from 'zod'

/** @throws InvalidInputError with the path of the first field that is wrong, below `at`. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, at = ''): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  throw wrong(at === '' || path === '' ? at + path : `${at}.${path}`, issue?.message ?? 'is not as it should be')
}

export function wrong(field: string, message: string): InvalidInputError {
  return new InvalidInputError(message, { field })
}

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** The text itself. @throws InvalidInputError when it is no base64. */
export function base64Text(text: string, field: string): string {
  if (base64.test(text)) return text
  throw wrong(field, 'must be base64')
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The text that base64 stands for. @throws InvalidInputError when it is no base64, or no UTF-8. */
export function decodedText(text: string, field: string): string {
  try {
    return decoder.decode(Buffer.from(base64Text(text, field), 'base64'))
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause
    throw wrong(field, 'must be UTF-8')
  }
}

/** The value of a JSON text. @throws InvalidInputError when it is none. */
export function jsonValue(text: string, field: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(field, 'must be JSON')
  }
}
