import { openAsBlob } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { PlinthError } from '@plinth/core'
import type { Client } from './client.ts'
import { type DocumentFile, type UnreadFile, unreadable } from './document-files.ts'

/** What goes with each document. */
export interface Fields {
  readonly metadata?: Readonly<Record<string, string>>
  readonly acl?: { readonly users?: readonly string[]; readonly groups?: readonly string[] }
}

/** A document as the server shows it. */
export interface ShownDocument {
  readonly document_id: string
  readonly source: string
  readonly status: 'processing' | 'processed' | 'failed'
  readonly chunks_count: number
  readonly embedding: 'pending' | 'done'
  readonly error?: { readonly code: string; readonly message: string }
}

/** What was sent together. */
export interface SentBatch {
  readonly documents: readonly ShownDocument[]
  readonly unsent: readonly UnreadFile[]
  /** Where its progress can be seen; undefined when nothing was sent. */
  readonly location: string | undefined
}

/** Files above this size are sent by themselves; those below it together, up to so many bytes and files. */
const alone = 4 * 1024 * 1024
const together = { bytes: 16 * 1024 * 1024, files: 100 } as const
const mostBytes = 256 * 1024 * 1024
const uploadTries = 3

/** What goes into one call. */
export function batches(files: readonly DocumentFile[]): readonly (readonly DocumentFile[])[] {
  const made: DocumentFile[][] = []
  let bytes = 0
  for (const file of files) {
    const last = made.at(-1)
    const isLarge = file.bytes > alone
    if (last && !isLarge && bytes + file.bytes <= together.bytes && last.length < together.files) {
      last.push(file)
      bytes += file.bytes
    } else {
      made.push([file])
      bytes = isLarge ? Number.POSITIVE_INFINITY : file.bytes
    }
  }
  return made
}

/** Sends files. One that can't be read or isn't taken is told of, and the others are sent. @throws PlinthError for what stops all. */
export async function sendFiles(client: Client, files: readonly DocumentFile[], fields: Fields): Promise<SentBatch> {
  const [only] = files
  if (only && files.length === 1 && only.bytes > alone) return sendLarge(client, only, fields)
  const unsent: UnreadFile[] = []
  const read: { readonly file: DocumentFile; readonly content: Blob }[] = []
  for (const file of files) {
    try {
      read.push({ file, content: new Blob([await readFile(file.path)]) })
    } catch (error) {
      unsent.push({ ...unreadable(file.path, error), source: file.source })
    }
  }
  while (read.length > 0) {
    const form = new FormData()
    if (fields.metadata) form.set('metadata', JSON.stringify(fields.metadata))
    if (fields.acl) form.set('acl', JSON.stringify(fields.acl))
    for (const { file, content } of read) form.append('files', content, file.source)
    try {
      const { body, location } = await client.answerPatiently('POST', '/api/documents', { content: form })
      return { documents: body as ShownDocument[], unsent, location }
    } catch (error) {
      const at = refusedDocument(error)
      const [refused] = at === undefined ? [] : read.splice(at, 1)
      if (!refused) throw error
      unsent.push({ source: refused.file.source, error: error as PlinthError })
    }
  }
  return { documents: [], unsent, location: undefined }
}

async function sendLarge(client: Client, file: DocumentFile, fields: Fields): Promise<SentBatch> {
  const { path, source, bytes } = file
  const unsent = (error: UnreadFile['error']): SentBatch => ({ documents: [], unsent: [{ source, error }], location: undefined })
  if (bytes > mostBytes)
    return unsent({ code: 'document_too_large', message: 'It is larger than 256 MiB, which is the most. Send it in parts.' })
  try {
    const upload_id = await upload(client, path)
    const { body, location } = await client.answerPatiently('POST', '/api/documents', {
      body: { documents: [{ source, upload_id, ...fields }] },
    })
    return { documents: body as ShownDocument[], unsent: [], location }
  } catch (error) {
    if (refusedDocument(error) !== undefined) return unsent(error as PlinthError)
    if (!PlinthError.is(error)) return unsent(unreadable(path, error).error)
    throw error
  }
}

/** An upload that broke off is begun anew: what had come of it is forgotten. */
async function upload(client: Client, path: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const { upload_id } = (await client.callPatiently('POST', '/api/uploads')) as { upload_id: string }
    const content = (await openAsBlob(path)) as unknown as Uint8Array
    try {
      await client.call('PUT', `/api/uploads/${upload_id}`, { content })
      return upload_id
    } catch (error) {
      if (attempt === uploadTries || !PlinthError.is(error) || !error.retryable) throw error
    }
  }
}

/** Which of the documents sent it is that isn't taken. */
function refusedDocument(error: unknown): number | undefined {
  const field = PlinthError.is(error) && !error.retryable ? error.field : undefined
  const at = /^documents\.(\d+)\./.exec(field ?? '')?.[1]
  return at === undefined ? undefined : Number(at)
}
