import { NotFoundError } from '../errors.ts'
import type { AccessList } from '../ports/search-index.ts'
import type { StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { type DocumentFields, type DocumentTexts, documents } from './documents.ts'

export type DocumentRecord = StoredRecord<DocumentFields, DocumentTexts>

/**
 * Whether the caller may read a document: it is for them as it was sent last, and as it is found now. So whoever is taken off the list
 * is out at once, and whoever is put on it when the new version is read.
 */
export async function mayRead(scope: Uses<never>, record: DocumentRecord): Promise<boolean> {
  const { sent, live } = await listed(scope, record)
  return sent && live
}

/** Whether they may know of it. One whose last version failed shows to whom either list names: else nobody might be left to mend it. */
export async function maySee(scope: Uses<never>, record: DocumentRecord): Promise<boolean> {
  const { sent, live } = await listed(scope, record)
  return record.fields.status === 'failed' ? sent || live : sent && live
}

/** Whether they may put another version in its place: who sent it first, whoever it is for, and who may do everything. */
export async function mayReplace(scope: Uses<never>, record: DocumentRecord): Promise<boolean> {
  const { user, permissions } = scope.caller
  if (user === record.fields.owner || permissions.has('*')) return true
  const { sent, live } = await listed(scope, record)
  return sent || live
}

/** A document that the caller may see. @throws NotFoundError, the same for one that is another's or not for them. */
export async function getDocument(scope: Uses<'state'>, documentId: string): Promise<DocumentRecord> {
  const record = await scope.state.get(documents, { partition: documentId })
  if (!record || !(await maySee(scope, record))) throw new NotFoundError('document')
  return record
}

/** Whether the lists of the version that was sent last, and of the one that is found, name the caller; without a list everyone is. */
async function listed(scope: Uses<never>, record: DocumentRecord): Promise<{ readonly sent: boolean; readonly live: boolean }> {
  const { restricted, live } = record.fields
  if (!restricted) return { sent: true, live: true }
  const names = async (field: 'access' | 'live_access'): Promise<boolean> => {
    const access = await record.open(field)
    return !access || isFor(scope, JSON.parse(access) as AccessList)
  }
  const sent = await names('access')
  return { sent, live: live === undefined ? sent : await names('live_access') }
}

function isFor({ caller }: Uses<never>, { users, groups }: AccessList): boolean {
  return users.includes(caller.user) || groups.some((group) => caller.groups.has(group))
}
