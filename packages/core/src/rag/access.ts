import { NotFoundError } from '../errors.ts'
import type { AccessList } from '../ports/search-index.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { type DocumentFields, type DocumentTexts, documents } from './documents.ts'

export type DocumentRecord = StoredRecord<DocumentFields, DocumentTexts>

/**
 * Whether the caller may see a document: it is for them as it was sent last, and as it is found now. So whoever is taken off the list
 * is out at once, and whoever is put on it when the new version is read.
 */
export async function maySee(scope: Uses<never>, record: DocumentRecord): Promise<boolean> {
  if (!record.fields.restricted) return true
  for (const field of ['access', 'live_access'] as const) {
    const access = await record.open(field)
    if (access && !isFor(scope, JSON.parse(access) as AccessList)) return false
  }
  return true
}

/** A document that the caller may see. @throws NotFoundError, the same for one that is another's or not for them. */
export async function getDocument(scope: Uses<'state'>, documentId: string): Promise<DocumentRecord> {
  const record = await scope.state.get(documents, { partition: documentId })
  if (!record || !(await maySee(scope, record))) throw new NotFoundError('document')
  return record
}

function isFor({ caller }: Uses<never>, { users, groups }: AccessList): boolean {
  return users.includes(caller.user) || groups.some((group) => caller.groups.has(group))
}
