import { type LogFields, PlinthError } from '@plinth/core'
import { faultName } from './aws-fault.ts'

/** What may be logged of a fault of SQS: names only, its message may quote what was sent. */
export function faultFields(error: unknown): LogFields {
  return PlinthError.is(error) ? { code: error.code, fault: faultName(error.cause) } : { fault: faultName(error) }
}
