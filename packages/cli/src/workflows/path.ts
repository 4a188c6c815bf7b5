import { InvalidInputError } from '@plinth/core'

/** Where a workflow is on a server. @throws InvalidInputError for what is no id, and would be another path. */
export function workflowPath(id: string | undefined, rest = ''): string {
  if (id !== undefined && /^[A-Za-z0-9-]{1,100}$/.test(id)) return `/api/workflows/${id}${rest}`
  throw new InvalidInputError(`A workflow id is letters, digits and hyphens, not "${id}".`, { field: 'id' })
}
