import { InvalidInputError } from '@plinth/core'

/** Why a file that an option names was not read. @param cause what the system says. */
export function unreadFile(path: string, field: string, cause: unknown): InvalidInputError {
  const isMissing = (cause as { code?: string }).code === 'ENOENT'
  return new InvalidInputError(isMissing ? `There is no file ${path}.` : `${path} can't be read.`, { field, cause })
}
