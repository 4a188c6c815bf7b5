import type { Log } from '@plinth/core'
import { PlinthError } from '@plinth/core'
import pino from 'pino'

/**
 * Structured logs on standard error. Of an error of ours the code is kept and its cause; of any other its name, message
 * and stack. Fields that could hold a secret are cut out, whoever passed them.
 */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      redact: { paths: ['*.authorization', 'authorization', '*.token', 'token', '*.prompt', 'prompt', '*.result', 'result'], remove: true },
      serializers: { error: describe },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

function describe(error: unknown): unknown {
  if (PlinthError.is(error)) return { code: error.code, message: error.message, ...(error.cause ? { cause: describe(error.cause) } : {}) }
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack }
  // What came from another thread is a plain object.
  if (typeof error === 'object' && error !== null && 'message' in error) {
    return { message: error.message, ...('errcode' in error ? { errcode: error.errcode } : {}) }
  }
  return String(error)
}
