import { PlinthError, UnavailableError } from '@plinth/core'

/** What every error of the SDK has, as far as decisions are made by it. */
export interface AwsFault {
  readonly name: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}

/** Whether an error is of one of these names; AWS's own codes, never prose. */
export function isFault(error: unknown, ...names: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && names.includes(String((error as { name?: unknown }).name))
}

const denied = [
  'AccessDeniedException',
  'AccessDenied',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
]
const expired = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'InvalidSignatureException', 'RequestTimeTooSkewed']

/**
 * What a service couldn't do now, in Plinth's terms: always retryable, since permissions and credentials are mended without the
 * caller. Its message names what to look at, never content; the SDK's own error is the cause.
 * @param action as IAM names it, such as `dynamodb:TransactWriteItems`.
 */
export function unavailable(error: unknown, action: string): PlinthError {
  if (PlinthError.is(error)) return error
  const options = { cause: error }
  if (isFault(error, ...denied))
    return new UnavailableError('aws_denied', `AWS refused ${action}: the permission or the credentials are missing.`, options)
  if (isFault(error, ...expired))
    return new UnavailableError(
      'aws_credentials',
      `AWS refused the credentials for ${action}: they, or this clock, are out of date.`,
      options,
    )
  if (isFault(error, 'ResourceNotFoundException', 'QueueDoesNotExist', 'NoSuchBucket', 'NotFoundException'))
    return new UnavailableError(
      'aws_missing',
      `What ${action} needs is not there: the table, queue, bus, bucket or key.`,
      options,
    )
  return new UnavailableError('aws_unavailable', `AWS could not do ${action} now${reasonOf(error)}.`, options)
}

/** What a fault is called: the system's code where there is one, such as ECONNREFUSED, else its name; never its message. */
export function faultName(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; name?: unknown }
  return [code, name].find((word) => typeof word === 'string' && plainName.test(word))?.toString() ?? typeof error
}

const plainName = /^[A-Za-z][A-Za-z_]{1,63}$/

function reasonOf(error: unknown): string {
  return error === undefined ? '' : ` (${faultName(error)})`
}
