import { InvalidInputError } from '../errors.ts'
import { OutboundError } from '../ports/outbound.ts'
import type { Uses } from '../scope/scope.ts'

/**
 * Refuses at once a URL that could never be called: no web URL, or an address that is closed. A name that leads to one is refused
 * when it is called, and again each time.
 * @throws InvalidInputError `url_invalid` or `address_refused`, with the field.
 */
export function checkTargetUrl(scope: Uses<'outbound'>, url: string, field: string): void {
  try {
    scope.outbound.checkUrl(url)
  } catch (error) {
    if (error instanceof OutboundError) throw new InvalidInputError(error.message, { code: error.code, field })
    throw error
  }
}
