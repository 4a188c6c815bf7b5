import { readFileSync } from 'node:fs'
import { InvalidInputError, PlinthError, readTrustedIssuers, type TrustedIssuer } from '@plinth/core'

const field = 'PLINTH_ISSUERS'

/**
 * The issuers of `PLINTH_ISSUERS`: a JSON list, or the name of a file with one.
 * @throws InvalidInputError that names the variable.
 */
export function loadTrustedIssuers(setting: string | undefined): readonly TrustedIssuer[] {
  if (setting === undefined) return []
  try {
    return readTrustedIssuers(setting.trimStart().startsWith('[') ? setting : readFileSync(setting, 'utf8'))
  } catch (cause) {
    const reason = PlinthError.is(cause) ? cause.message : 'The file can not be read.'
    throw new InvalidInputError(`${field} is no JSON list of issuers, nor a file with one. ${reason}`, { field, cause })
  }
}
