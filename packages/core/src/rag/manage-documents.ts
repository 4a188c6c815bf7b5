import { publishEvent } from '../define/event.ts'
import { startJob } from '../define/job.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { remove } from '../scope/state.ts'
import { getDocument } from './access.ts'
import { dropContent } from './content.ts'
import { documents } from './documents.ts'
import { documentDeleted } from './events.ts'
import { countOutdated } from './ingests.ts'
import { cleanJob } from './jobs.ts'

/**
 * Deletes a document: it is found and shown no more from now on, and what is left of it is removed in the background.
 * @throws NotFoundError, the same for one that the caller may not see.
 */
export async function deleteDocument(scope: Uses<'state'>, documentId: string): Promise<void> {
  const { content } = await retryConflicts(async () => {
    const record = await getDocument(scope, documentId)
    const { live, revision } = record.fields
    const left = [...new Set(live === undefined ? [revision] : [live, revision])]
    const gone = left.map((each) => ({ document_id: documentId, revision: each }))
    await scope.state.commit({
      writes: [remove(documents, record), ...countOutdated(scope, [record.fields])],
      emit: [
        publishEvent(documentDeleted, documentId, { document_id: documentId }),
        startJob(cleanJob, { id: revision, body: { documents: gone } }),
      ],
      resource: `documents/${documentId}`,
    })
    return record.fields
  })
  if (content) await dropContent(scope, content)
}
