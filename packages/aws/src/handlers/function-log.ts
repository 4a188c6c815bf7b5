import { faultOf, type Log, type LogFields, PlinthError } from '@plinth/core'

/** A line of JSON on standard error for each entry, which CloudWatch Logs keeps apart. No content: see core's Log. */
export const functionLog: Log = {
  // Lambda's own log tells starts and ends.
  debug() {},
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
}

function write(level: string, fields: LogFields, message: string): void {
  const { error, ...rest } = fields
  console.error(JSON.stringify({ level, message, ...rest, ...(error === undefined ? {} : { error: describe(error) }) }))
}

function describe(error: unknown): LogFields {
  if (!PlinthError.is(error)) return faultOf(error)
  const { code, message, cause } = error
  return { code, message, ...(cause === undefined ? {} : { cause: describe(cause) }) }
}
