import { faultOf, type Log, PlinthError } from '@plinth/core'
import pino from 'pino'

/**
 * Structured logs on standard error. Of an error of ours the code, the message and the cause are kept; of any other its name
 * and where it came from. Fields that could hold a secret are cut out, whoever passed them.
 */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: ['*.authorization', 'authorization', '*.token', 'token', '*.prompt', 'prompt', '*.result', 'result'],
        remove: true,
      },
      serializers: { error: describe },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

function describe(error: unknown): unknown {
  if (PlinthError.is(error))
    return { code: error.code, message: error.message, ...(error.cause ? { cause: describe(error.cause) } : {}) }
  if (error instanceof Error) return faultOf(error)
  // What came from another thread is a plain object.
  if (typeof error === 'object' && error !== null && 'message' in error) {
    return { message: error.message, ...('errcode' in error ? { errcode: error.errcode } : {}) }
  }
  // What was described already, by faultOf.
  if (typeof error === 'object' && error !== null && Object.keys(error).every((key) => key === 'name' || key === 'stack'))
    return error
  // A text, or anything else that was thrown: it may quote what its maker was given.
  return faultOf(error)
}
