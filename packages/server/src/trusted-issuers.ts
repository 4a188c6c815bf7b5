import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readIssuerSetting, type TrustedIssuer } from '@plinth/core'

/**
 * The issuers of `PLINTH_ISSUERS`: a JSON list, or the name of a file with one.
 * @throws InvalidInputError that names the variable.
 */
export function loadTrustedIssuers(setting: string | undefined): readonly TrustedIssuer[] {
  if (setting === undefined) return []
  return readIssuerSetting(setting, (name, namedIn) => readFileSync(resolve(dirname(namedIn ?? ''), name), 'utf8'))
}
