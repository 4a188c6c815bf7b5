import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { InvalidInputError, PlinthError, readIssuerSetting } from '@plinth/core'
import { Token } from 'aws-cdk-lib'
import type { HandlerName } from './handlers.ts'

/** The functions that check tokens, each from its own folder. */
const checking: readonly HandlerName[] = ['authorizer', 'api']

/**
 * Reads `PLINTH_ISSUERS` as the functions will. A file has to lie beside their code, since a function has no other.
 * @throws InvalidInputError for what they couldn't read.
 */
export function checkIssuerSetting(setting: string | undefined, handlerFolder: string): void {
  // What is known at deployment only can't be looked at.
  if (!setting || Token.isUnresolved(setting)) return
  for (const name of checking) {
    try {
      readIssuerSetting(setting, (file, namedIn = '') => readFileSync(pathIn(join(handlerFolder, name), namedIn, file), 'utf8'))
    } catch (cause) {
      if (!PlinthError.is(cause)) throw cause
      const where = `A file must lie in functions.handlerFolder, in the folders ${checking.join(' and ')}, and be named from there.`
      throw new InvalidInputError(`functions.environment: ${cause.message} ${where}`, { field: 'functions.environment', cause })
    }
  }
}

function pathIn(folder: string, namedIn: string, file: string): string {
  if (isAbsolute(file)) throw new Error(`${file} would be a file of this machine.`)
  return join(folder, dirname(namedIn), file)
}
