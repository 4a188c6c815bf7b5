import { z } from 'zod'
import { sha256 } from '../crypto.ts'
import { type Collection, defineCollection } from '../define/collection.ts'
import { InvalidInputError, NotFoundError, TooLargeError, WrongStateError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { insert } from '../scope/state.ts'
import { keepPart, partBytes } from './content.ts'

/** Of one file. */
export const uploadLimit: number = 256 * 1024 * 1024
/** From when it is asked for. */
const lifetime = 24 * 3_600_000

export interface UploadFields {
  readonly upload_id: string
  readonly created: number
  readonly expires_at: number
  /** Once all of it has come. */
  readonly received?: { readonly content_id: string; readonly parts: number; readonly bytes: number; readonly sha256: string }
}

/** Files that are too large for a body of JSON: sent by themselves, then named by documents. */
export const uploads: Collection<UploadFields> = defineCollection<UploadFields>({
  name: 'uploads',
  schema: 1,
  plain: z.strictObject({
    upload_id: z.string(),
    created: z.number(),
    expires_at: z.number(),
    received: z
      .strictObject({ content_id: z.string(), parts: z.number().int(), bytes: z.number().int(), sha256: z.string() })
      .exactOptional(),
  }),
  sealed: [],
  lists: {},
  expires: ({ expires_at }) => expires_at,
})

export async function createUpload(scope: Uses<'state'>): Promise<UploadFields> {
  const created = scope.clock.now()
  const fields = { upload_id: uuid(scope.clock), created, expires_at: created + lifetime }
  await scope.state.commit({
    writes: [insert(uploads, { partition: fields.upload_id }, fields)],
    resource: `uploads/${fields.upload_id}`,
  })
  return fields
}

/**
 * Keeps an upload's bytes as they come, part by part; whole, or what came is forgotten after a while.
 * @throws NotFoundError; WrongStateError when it came already; TooLargeError above {@link uploadLimit}.
 */
export async function receiveUpload(
  scope: Uses<'state'>,
  uploadId: string,
  body: AsyncIterable<Uint8Array>,
): Promise<UploadFields> {
  await awaitedUpload(scope, uploadId)
  const contentId = uuid(scope.clock)
  let parts = 0
  let bytes = 0
  const hashes: string[] = []
  const keep = async (part: Uint8Array): Promise<void> => {
    hashes.push(sha256(part))
    await keepPart(scope, contentId, parts++, part)
  }
  let gathered = new Uint8Array(partBytes)
  let filled = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > uploadLimit) throw new TooLargeError(`An upload holds at most ${uploadLimit / 1024 / 1024} MiB.`)
    for (let at = 0; at < chunk.byteLength; ) {
      const taken = chunk.subarray(at, at + partBytes - filled)
      gathered.set(taken, filled)
      filled += taken.byteLength
      at += taken.byteLength
      if (filled < partBytes) continue
      await keep(gathered)
      gathered = new Uint8Array(partBytes)
      filled = 0
    }
  }
  if (bytes === 0) throw new InvalidInputError('The body is empty.')
  if (filled > 0) await keep(gathered.subarray(0, filled))
  // Parts are of one length, so that the same bytes have the same hashes.
  const received = { content_id: contentId, parts, bytes, sha256: sha256(hashes.join(' ')) }
  // It may have been sent twice at once.
  return retryConflicts(async () => {
    const record = await awaitedUpload(scope, uploadId)
    return (await scope.state.update(uploads, record, { ...record.fields, received }, { resource: `uploads/${uploadId}` })).fields
  })
}

/** @throws NotFoundError for one that isn't there, or not any more; WrongStateError when it came already. */
async function awaitedUpload(scope: Uses<'state'>, uploadId: string): Promise<StoredRecord<UploadFields, Record<never, never>>> {
  const record = await scope.state.get(uploads, { partition: uploadId })
  if (!record) throw new NotFoundError('upload')
  if (record.fields.received) throw new WrongStateError('This upload came already.')
  return record
}

/** An upload that came whole, to be made a document. @throws InvalidInputError naming `field`. */
export async function receivedUpload(
  scope: Uses<'state'>,
  uploadId: string,
  field: string,
): Promise<NonNullable<UploadFields['received']>> {
  const record = await scope.state.get(uploads, { partition: uploadId })
  if (!record) throw new InvalidInputError('There is no such upload, or not any more.', { code: 'upload_unknown', field })
  const { received } = record.fields
  if (!received) throw new InvalidInputError('Nothing was sent to its upload_url yet.', { code: 'upload_empty', field })
  return received
}
