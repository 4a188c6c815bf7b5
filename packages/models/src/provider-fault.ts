/** One form for what goes wrong at a provider. @module */
import { APICallError } from '@ai-sdk/provider'

/** Longer bodies are pages, and hold no codes. */
const longestBody = 64 * 1024

/**
 * What a provider's model threw or put into its stream, as an `APICallError` that says by status, headers and the parsed body of the
 * answer what happened, and doesn't hold the prompt. An error of another kind comes back as it is.
 */
export function providerFault(error: unknown): unknown {
  if (APICallError.isInstance(error)) return withBody(error)
  if (typeof error !== 'object' || error === null || error instanceof Error) return error
  return streamFault(error)
}

/** The packages keep a few fields of a body, of the one form that they know. */
function withBody({
  message,
  url,
  statusCode,
  responseHeaders,
  responseBody,
  isRetryable,
  cause,
  data,
}: APICallError): APICallError {
  return new APICallError({
    message,
    url,
    requestBodyValues: {},
    isRetryable,
    cause,
    data: faultBody(responseBody) ?? data,
    ...(statusCode !== undefined && { statusCode }),
    ...(responseHeaders !== undefined && { responseHeaders }),
  })
}

/** The JSON of a fault's body; nothing where it is none, or too long to be one. */
export function faultBody(body: string | undefined): unknown {
  if (body === undefined || body.length > longestBody) return undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** The packages put the error object of a stream into it as it came. */
function streamFault(error: object): APICallError {
  const { message, type, code, statusCode } = error as Readonly<Record<string, unknown>>
  // Some servers send the status as `code`.
  const status = [statusCode, code].find(
    (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600,
  )
  return new APICallError({
    message: typeof message === 'string' ? message : 'The stream holds an error.',
    url: '',
    requestBodyValues: {},
    data: { error: { type, code } },
    ...(status !== undefined && { statusCode: status }),
  })
}
