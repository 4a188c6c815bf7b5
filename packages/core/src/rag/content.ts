/** What was sent, kept until it is read. @module */

import { fromBase64, toBase64 } from '../base64.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, remove } from '../scope/state.ts'
import { type ContentPlace, type ContentTexts, contents, partName } from './documents.ts'

/** Of what is kept as one, bytes: little enough that encoding and sealing it holds nobody up. */
export const partBytes: number = 4 * 1024 * 1024

/** The write that keeps one part: of a text, or of bytes. */
export function contentWrite(scope: Uses<never>, id: string, part: number, content: string | Uint8Array): RecordWrite {
  const sealed: Partial<ContentTexts> = typeof content === 'string' ? { text: content } : { bytes: toBase64(content) }
  return insert(contents, { partition: id, sort: partName(part) }, { made: scope.clock.now() }, sealed)
}

export async function keepPart(scope: Uses<'state'>, id: string, part: number, content: Uint8Array): Promise<void> {
  await scope.state.commit({ writes: [contentWrite(scope, id, part, content)] })
}

export interface Content {
  readonly bytes: Uint8Array
  /** What removes it, for a commit; nothing for several parts, which would be held in memory for it: see {@link dropContent}. */
  readonly removal: readonly RecordWrite[]
}

/** All of what was sent; undefined when it is gone. */
export async function readContent(
  scope: Uses<'state'>,
  { id, parts, bytes: length }: ContentPlace,
): Promise<Content | undefined> {
  const removal: RecordWrite[] = []
  let found = 0
  // Of several parts, whose length is known: put together as they come, since a large file fits into memory once, not twice.
  let bytes = new Uint8Array(parts > 1 ? length : 0)
  let at = 0
  for await (const record of scope.state.read(contents, id)) {
    const text = await record.open('text')
    const piece = text === undefined ? fromBase64((await record.open('bytes')) ?? '') : encoder.encode(text)
    found++
    if (parts > 1) bytes.set(piece, at)
    else {
      bytes = piece
      removal.push(remove(contents, record))
    }
    at += piece.byteLength
  }
  return found < parts ? undefined : { bytes, removal }
}

/** Forgets what was sent, part by part; again, or while somebody else does, what is left. */
export async function dropContent(scope: Uses<'state'>, { id }: ContentPlace): Promise<void> {
  await retryConflicts(async () => {
    for await (const record of scope.state.read(contents, id)) await scope.state.commit({ writes: [remove(contents, record)] })
  })
}

const encoder = new TextEncoder()
