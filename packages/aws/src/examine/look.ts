import { type AwsFault, faultName } from '../aws-fault.ts'
import type { ExamineAction } from './permissions.ts'

/** How long a look may take, all its calls together, in milliseconds. */
export const lookLimit = 10_000

/** Why there are no facts. */
export interface LookFault {
  /**
   * missing: what was asked for isn't there · denied: no leave for the action · credentials: there are none, or AWS doesn't take them ·
   * silent: no answer in time, or no connection · failed: another answer, such as a throttle.
   */
  readonly kind: 'missing' | 'denied' | 'credentials' | 'silent' | 'failed'
  readonly action: ExamineAction
  /** The code of AWS or of the system, such as `AccessDeniedException` or `ECONNREFUSED`; never prose. */
  readonly name: string
  /** How far this machine's clock is ahead of AWS's, in milliseconds, where the answer told. */
  readonly drift?: number
}

export type Look<Facts> =
  | { readonly facts: Facts; readonly fault?: undefined }
  | { readonly fault: LookFault; readonly facts?: undefined }

/** Asks AWS by one action, with the signal at which the call has to end. */
export type Call = <Answer>(action: ExamineAction, send: (signal: AbortSignal) => Promise<Answer>) => Promise<Answer>

/** A call that gave no answer to work with. */
class Unanswered extends Error {
  readonly action: ExamineAction
  constructor(action: ExamineAction, cause: unknown) {
    super(`${action} gave no answer.`, { cause })
    this.action = action
  }
}

/**
 * Gathers facts by a few calls. What AWS refuses, or doesn't answer in time, is told as a fault and not thrown.
 * @param limit milliseconds.
 */
export async function look<Facts>(gather: (call: Call) => Promise<Facts>, limit: number = lookLimit): Promise<Look<Facts>> {
  const stop = new AbortController()
  const open = new Set<{ readonly action: ExamineAction }>()
  const call: Call = async (action, send) => {
    const asked = { action }
    open.add(asked)
    try {
      return await send(stop.signal)
    } catch (error) {
      throw new Unanswered(action, error)
    } finally {
      open.delete(asked)
    }
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const [asked] = open
      stop.abort()
      if (asked) reject(new Unanswered(asked.action, new DOMException('No answer in time.', 'TimeoutError')))
    }, limit)
  })
  try {
    return { facts: await Promise.race([gather(call), late]) }
  } catch (error) {
    if (error instanceof Unanswered) return { fault: faultOf(error) }
    throw error
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

/** For a `catch`: an answer that says that something isn't set up is one to work with. */
export function absent(...names: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!names.includes(faultName(error))) throw error
    return undefined
  }
}

const missing = /^(?:(?:Resource|Table)?NotFound(?:Exception)?|QueueDoesNotExist|NoSuchBucket|NoSuchResourceException)$/
const credentials =
  /^(?:CredentialsProviderError|TokenProviderError|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken(?:Exception)?|AuthFailure|ExpiredToken(?:Exception)?|RequestExpired|RequestTimeTooSkewed|InvalidToken)$/
const denied = /^(?:AccessDenied(?:Exception)?|AuthorizationError(?:Exception)?|UnauthorizedOperation|NotAuthorized)$/

/** What is no code of AWS's. */
const unnamed: ReadonlySet<string> = new Set(['object', 'Error', 'Unknown', 'UnknownError', 'SyntaxError'])

function faultOf({ action, cause }: Unanswered): LookFault {
  const { $metadata, drift } = (cause ?? {}) as Partial<AwsFault> & { readonly drift?: number }
  const status = $metadata?.httpStatusCode
  const code = faultName(cause)
  const name = status !== undefined && unnamed.has(code) ? `status ${status}` : code
  return { kind: kindOf(name, status), action, name, ...(drift === undefined ? {} : { drift }) }
}

function kindOf(name: string, status: number | undefined): LookFault['kind'] {
  if (missing.test(name)) return 'missing'
  if (credentials.test(name)) return 'credentials'
  if (denied.test(name) || status === 403) return 'denied'
  return status === undefined ? 'silent' : 'failed'
}
