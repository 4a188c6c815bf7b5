/** What was sent, kept until it is read. @module */
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, remove } from '../scope/state.ts'
import { type ContentTexts, contents, partName } from './documents.ts'

export interface ContentPlace {
  readonly id: string
  readonly parts: number
}

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
  /** What removes it, for a commit. */
  readonly removal: readonly RecordWrite[]
}

/** All of what was sent; undefined when it is gone. */
export async function readContent(scope: Uses<'state'>, { id, parts }: ContentPlace): Promise<Content | undefined> {
  const pieces: Uint8Array[] = []
  const removal: RecordWrite[] = []
  for await (const record of scope.state.read(contents, id)) {
    const text = await record.open('text')
    pieces.push(text === undefined ? fromBase64((await record.open('bytes')) ?? '') : encoder.encode(text))
    removal.push(remove(contents, record))
  }
  if (pieces.length < parts) return undefined
  const [only] = pieces
  if (only && pieces.length === 1) return { bytes: only, removal }
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return { bytes, removal }
}

/** Forgets what was sent; again does nothing. */
export async function dropContent(scope: Uses<'state'>, { id }: ContentPlace): Promise<void> {
  const writes: RecordWrite[] = []
  for await (const record of scope.state.read(contents, id)) writes.push(remove(contents, record))
  // At most as many parts as an upload has.
  if (writes.length > 0) await scope.state.commit({ writes })
}

const encoder = new TextEncoder()
/** A multiple of 3, so that pieces join. */
const atATime = 24_576

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.byteLength; at += atATime) text += btoa(String.fromCharCode(...bytes.subarray(at, at + atATime)))
  return text
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
