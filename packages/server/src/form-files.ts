import { type FilePart, InvalidInputError } from '@plinth/core'
import type { Arrival } from './exchange.ts'
import { readBytes } from './json-body.ts'

/** Whether a body is a form with files. */
export function isForm(arrival: Arrival): boolean {
  return /^multipart\/form-data\s*;/i.test(arrival.header('content-type') ?? '')
}

/**
 * The parts of a form, in their order.
 * @throws TooLargeError above the limit; InvalidInputError for what is no form.
 */
export async function readFiles(arrival: Arrival, limit: number): Promise<readonly FilePart[]> {
  const bytes = await readBytes(arrival, limit)
  let form: FormData
  try {
    form = await new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': arrival.header('content-type') ?? '' },
    }).formData()
  } catch (cause) {
    throw new InvalidInputError('The body is no multipart form.', { code: 'malformed_form', cause })
  }
  const parts: FilePart[] = []
  for (const [name, value] of form) {
    if (typeof value === 'string') parts.push({ name, text: value })
    else parts.push({ fileName: value.name, contentType: value.type, bytes: new Uint8Array(await value.arrayBuffer()) })
  }
  return parts
}
