import { InvalidInputError, PlinthError } from '../errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../json.ts'
import { parseStrictJson } from './identity/strict-json.ts'
import { checkTrustedIssuers, readTrustedIssuers, type TrustedIssuer } from './identity/trusted-issuer.ts'

const field = 'PLINTH_ISSUERS'

/** Gives the text of a file; a name that isn't absolute counts from the folder of the file that names it, where one does. */
export type ReadFile = (name: string, namedIn?: string) => string

/**
 * The issuers of `PLINTH_ISSUERS`: a JSON list, or the name of a file with one. `keys` of an issuer that are neither a key set nor a
 * URL are the name of a file with a key set.
 * @throws InvalidInputError that names the variable, and the field or the file at fault.
 */
export function readIssuerSetting(setting: string, read: ReadFile): readonly TrustedIssuer[] {
  const inFile = setting.trimStart().startsWith('[') ? undefined : setting
  try {
    const text = inFile === undefined ? setting : textOf(inFile, () => read(inFile))
    return issuersIn(text, (name) => textOf(name, () => read(name, inFile)))
  } catch (cause) {
    if (!PlinthError.is(cause)) throw cause
    throw new InvalidInputError(`${field} is no JSON list of issuers, nor a file with one. ${cause.message}`, { field, cause })
  }
}

function issuersIn(text: string, read: (name: string) => string): readonly TrustedIssuer[] {
  const list = parseStrictJson(text)
  // What is no list is refused there.
  if (!Array.isArray(list)) return readTrustedIssuers(text)
  return checkTrustedIssuers(
    list.map((issuer: JsonValue) => (namesFile(issuer) ? { ...issuer, keys: keySetOf(issuer.keys, read) } : issuer)),
  )
}

type Naming = JsonObject & { readonly keys: string }

function namesFile(issuer: JsonValue): issuer is Naming {
  const keys = typeof issuer === 'object' && issuer !== null && 'keys' in issuer ? issuer.keys : undefined
  return typeof keys === 'string' && keys.trim() !== '' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(keys)
}

function keySetOf(name: string, read: (name: string) => string): JsonObject {
  const set = parseStrictJson(read(name))
  if (isObject(set)) return set
  throw new InvalidInputError(`The file ${name} holds no key set as JSON.`)
}

function textOf(name: string, read: () => string): string {
  try {
    return read()
  } catch (cause) {
    throw new InvalidInputError(`The file ${name} can not be read.`, { cause })
  }
}
