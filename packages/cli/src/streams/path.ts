import { InvalidInputError } from '@plinth/core'

/** Where a stream is on a server. @throws InvalidInputError for what is no name, and would be another path. */
export function streamPath(name: string | undefined, rest = ''): string {
  if (name !== undefined && /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/.test(name)) return `/api/streams/${name}${rest}`
  throw new InvalidInputError(`A stream's name is 1 to 128 letters, digits, dots, underscores and hyphens, not "${name}".`, {
    field: 'name',
  })
}

/** Where an alert is. */
export function alertPath(id: string | undefined, rest = ''): string {
  if (id !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(id) && !/^\.{1,2}$/.test(id)) return `/api/alerts/${id}${rest}`
  throw new InvalidInputError(`An alert id is letters, digits, dots, colons and hyphens, not "${id}".`, { field: 'id' })
}
