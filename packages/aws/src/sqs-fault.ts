import { type LogFields, PlinthError } from '@plinth/core'

/** What may be logged of a fault of SQS: names only, its message may quote what was sent. */
export function faultFields(error: unknown): LogFields {
  return PlinthError.is(error) ? { code: error.code, fault: nameOf(error.cause) } : { fault: nameOf(error) }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
