import { type PlinthError, UnavailableError, UnreadableDocumentError } from '@plinth/core'
import { isFault, unavailable } from './aws-fault.ts'

const damaged = ['UnsupportedDocumentException', 'BadDocumentException']
/** What passes when one waits: the SDK has retried before it gave up. */
const busy = [
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'InternalServerError',
  'ServiceUnavailable',
]

/** Whether the same call may go through a moment later. */
export function isBusy(error: unknown): boolean {
  return isFault(error, ...busy)
}

/** An image that Textract says it can't read, as the port names it; all else as a service that doesn't serve now. */
export function textractFault(error: unknown, action: string): PlinthError {
  const cause = { cause: error }
  if (isFault(error, ...damaged)) return damagedImage(cause)
  if (isFault(error, 'DocumentTooLargeException'))
    return new UnreadableDocumentError('document_too_large', 'An image is larger than Textract reads.', cause)
  if (isFault(error, 'InvalidS3ObjectException'))
    return new UnavailableError('aws_denied', `Textract can't read the bucket where ${action} finds its image.`, cause)
  return unavailable(error, action)
}

export function damagedImage(options: { readonly cause?: unknown } = {}): UnreadableDocumentError {
  return new UnreadableDocumentError('document_damaged', 'An image is not a PNG or JPEG file that can be read.', options)
}
