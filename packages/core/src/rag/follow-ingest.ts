import { untilNextLook } from '../define/look-again.ts'
import type { ServerEvent } from '../define/route.ts'
import { NotFoundError } from '../errors.ts'
import type { Uses } from '../scope/scope.ts'
import { showIngest } from './forms.ts'
import { type Ingest, ingests, isRead } from './ingests.ts'

/** A batch of documents. @throws NotFoundError */
export async function getIngest(scope: Uses<'state'>, id: string): Promise<Ingest> {
  const record = await scope.state.get(ingests, { partition: id })
  if (!record) throw new NotFoundError('ingest')
  return record.fields
}

/**
 * A batch's progress: `status` whenever it changed, and `done` when all documents are read, and those that could be have their vectors.
 * Ids count what has happened, so that a follower that was cut off isn't told twice.
 */
export async function* followIngest(
  scope: Uses<'state'>,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for (let seen = after; !signal.aborted; await untilNextLook(scope, signal)) {
    const ingest = await getIngest(scope, id)
    const happened = stepsOf(ingest)
    const isDone = isRead(ingest) && (ingest.embedded ?? 0) >= (ingest.processed ?? 0)
    if (happened > seen || isDone) {
      seen = happened
      yield { id: happened + (isDone ? 1 : 0), event: isDone ? 'done' : 'status', data: showIngest(id, ingest) }
    }
    if (isDone) return
  }
}

function stepsOf({ unchanged = 0, processed = 0, embedded = 0, failed = 0, superseded = 0 }: Ingest): number {
  return unchanged + processed + embedded + failed + superseded + 1
}
