import type { Outcome } from '../ports/queue.ts'
import type { Uses } from '../scope/scope.ts'
import { documents, revisionPlace } from './documents.ts'
import type { DocumentRevision, RevisionsBody } from './jobs.ts'
import { dropKeptVectors } from './kept-vectors.ts'
import { tidyAfterRemoval } from './maintain.ts'
import { dropText } from './text.ts'

/** Removes what is left of revisions that are not, or not any more, those that are found: first from the index, then their text. */
export async function cleanDocuments(scope: Uses<'state' | 'search'>, { documents: asked }: RevisionsBody): Promise<Outcome> {
  const gone: DocumentRevision[] = []
  for (const each of asked) {
    const fields = (await scope.state.get(documents, { partition: each.document_id }))?.fields
    if (fields?.live !== each.revision) gone.push(each)
  }
  await scope.search.remove(gone.map(({ document_id, revision }) => ({ document: document_id, version: revision })))
  for (const { document_id, revision } of gone) {
    await dropText(scope, revisionPlace(document_id, revision))
    if (!(await scope.state.get(documents, { partition: document_id }))) await dropKeptVectors(scope, document_id)
  }
  if (gone.length > 0) await tidyAfterRemoval(scope)
  return { done: true }
}
