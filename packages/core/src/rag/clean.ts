import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { documents, revisionPlace } from './documents.ts'
import type { DocumentRevision } from './jobs.ts'
import { startMaintenance } from './maintain.ts'
import { dropText } from './text.ts'

/** Removes what is left of a revision that is not, or not any more, the one that is found: first from the index, then its text. */
export async function cleanDocument(
  scope: Uses<'state' | 'search'>,
  { document_id, revision }: DocumentRevision,
): Promise<Outcome> {
  const fields = (await scope.state.get(documents, { partition: document_id }))?.fields
  if (fields?.live === revision) return { done: true }
  await scope.search.remove([{ document: document_id, version: revision }])
  await dropText(scope, revisionPlace(document_id, revision))
  await scope.state.commit({ writes: [], emit: await startMaintenance(scope, { removed: true }) })
  return { done: true }
}
