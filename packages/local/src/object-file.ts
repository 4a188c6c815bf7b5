/**
 * One object in one file: a header of 64 bytes, then the content; a second file for the header could disagree with it. Header: `PLO1`, 4 bytes of nothing, content length, time of the put (8 bytes each),
 * SHA-256 of the content (32 bytes), nothing. Written last, into a file that nobody sees yet.
 * @module
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { checkObjectBytes, cutRange, NotFoundError, type ObjectHead, type ObjectRange, UnavailableError } from '@plinth/core'
import { guarded, storageError, systemCode } from './durable-files.ts'

const headerBytes = 64
const magic = 0x504c4f31
const digestOffset = 24
/** How much is read, hashed or written between two turns of the event loop. */
const pieceBytes = 256 * 1024

/** Writes a new file, fsynced. An error of the content's own passes unchanged, one of the disk as UnavailableError. */
export async function writeObject(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  details: { readonly name: string; readonly modified: number },
): Promise<ObjectHead> {
  const file = await guarded(open(path, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const piece of evenPieces(content)) {
      checkObjectBytes(bytes + piece.byteLength)
      hash.update(piece)
      await guarded(writeAll(file, piece, headerBytes + bytes))
      bytes += piece.byteLength
    }
    const digest = hash.digest()
    const header = Buffer.alloc(headerBytes)
    header.writeUInt32BE(magic, 0)
    header.writeBigUInt64BE(BigInt(bytes), 8)
    header.writeDoubleBE(details.modified, 16)
    digest.copy(header, digestOffset)
    await guarded(writeAll(file, header, 0))
    await guarded(file.sync())
    return { name: details.name, bytes, sha256: digest.toString('hex'), modified: details.modified }
  } finally {
    await file.close()
  }
}

/** What a file's header says; undefined when there is no file. */
export function readObjectHead(path: string, name: string): Promise<ObjectHead | undefined> {
  return withFile(path, (file) => readHeader(file, name))
}

/** An object's bytes, or a range of them. One open file is one version, whatever is put meanwhile. */
export function readObject(path: string, name: string, range?: ObjectRange): Promise<Uint8Array | undefined> {
  return withFile(path, async (file) => {
    const { start, end } = cutRange(range, (await readHeader(file, name)).bytes)
    const content = new Uint8Array(end - start)
    for (let done = 0; done < content.byteLength; ) {
      const piece = content.subarray(done, done + 16 * pieceBytes)
      done += await readSome(file, piece, headerBytes + start + done, name)
    }
    return content
  })
}

/**
 * The pieces of an object. The file is opened when the first is asked for, so that a stream nobody reads holds nothing, and
 * closed after the last or when the reader stops. @throws NotFoundError when the object was deleted before that.
 */
export async function* readObjectPieces(path: string, name: string): AsyncGenerator<Uint8Array> {
  const file = await openFile(path)
  if (!file) throw new NotFoundError('object')
  try {
    const { bytes } = await readHeader(file, name)
    for (let done = 0; done < bytes; ) {
      const piece = new Uint8Array(Math.min(pieceBytes, bytes - done))
      const read = await readSome(file, piece, headerBytes + done, name)
      done += read
      yield piece.subarray(0, read)
    }
  } finally {
    await file.close()
  }
}

async function withFile<Result>(path: string, work: (file: FileHandle) => Promise<Result>): Promise<Result | undefined> {
  const file = await openFile(path)
  try {
    return file && (await work(file))
  } finally {
    await file?.close()
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw storageError(error)
  }
}

async function readHeader(file: FileHandle, name: string): Promise<ObjectHead> {
  const header = Buffer.alloc(headerBytes)
  const { bytesRead } = await guarded(file.read(header, 0, headerBytes, 0))
  const bytes = Number(header.readBigUInt64BE(8))
  const { size } = await guarded(file.stat())
  if (bytesRead < headerBytes || header.readUInt32BE(0) !== magic || size !== headerBytes + bytes) throw damaged(name)
  const sha256 = header.toString('hex', digestOffset, digestOffset + 32)
  return { name, bytes, sha256, modified: header.readDoubleBE(16) }
}

async function readSome(file: FileHandle, into: Uint8Array, position: number, name: string): Promise<number> {
  const { bytesRead } = await guarded(file.read(into, 0, into.byteLength, position))
  if (bytesRead === 0) throw damaged(name)
  return bytesRead
}

async function writeAll(file: FileHandle, content: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < content.byteLength; ) {
    done += (await file.write(content, done, content.byteLength - done, position + done)).bytesWritten
  }
}

function damaged(name: string): UnavailableError {
  return new UnavailableError('storage_failed', `The object ${name} is damaged on the disk.`)
}

/** Many small pieces become few, a large one several, so that neither system calls nor hashing hold others up. */
async function* evenPieces(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let start = 0; start < content.byteLength; start += pieceBytes) yield content.subarray(start, start + pieceBytes)
    return
  }
  const gathered = new Uint8Array(pieceBytes)
  let filled = 0
  for await (const piece of content) {
    for (let start = 0; start < piece.byteLength; ) {
      const part = piece.subarray(start, start + pieceBytes - filled)
      gathered.set(part, filled)
      filled += part.byteLength
      start += part.byteLength
      if (filled < pieceBytes) continue
      yield gathered
      filled = 0
    }
  }
  if (filled > 0) yield gathered.subarray(0, filled)
}
