import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { InvalidInputError, PlinthError } from '@plinth/core'
import { linesOf } from './line-reader.ts'
import { type Seal, SealReader } from './seal.ts'

/**
 * Hands an export on as it comes.
 * @returns its end.
 * @throws PlinthError `cut_off` when it hasn't come whole, and what `write` throws.
 */
export async function copyExport(
  bytes: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<unknown>,
): Promise<Seal> {
  const reader = new SealReader()
  for await (const line of linesOf(written(bytes, write))) reader.take(line)
  const { seal, faults } = reader.end()
  if (!seal || faults.length > 0) throw cutOff(faults[0]?.message ?? '')
  return seal
}

async function* written(
  bytes: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of bytes) {
      await write(chunk)
      yield chunk
    }
  } catch (cause) {
    throw PlinthError.is(cause) ? cause : cutOff('The connection broke.', cause)
  }
}

/**
 * Keeps an export in a file that only its owner may read. It has its name when it is whole and on the disk; until then it is
 * called `.part`, and what is cut off is removed. A file of that name is replaced.
 * @throws InvalidInputError for a place where it can't be written; PlinthError `cut_off`.
 */
export async function writeExport(bytes: AsyncIterable<Uint8Array>, path: string): Promise<Seal> {
  const part = `${path}.part`
  const file = await openPart(path, part)
  try {
    const seal = await copyExport(bytes, (chunk) =>
      file.writeFile(chunk).catch((cause: unknown) => {
        throw notWritten(path, cause)
      }),
    )
    await file.sync()
    await file.close()
    await rename(part, path)
    return seal
  } catch (error) {
    await file.close().catch(() => {})
    await rm(part, { force: true })
    throw PlinthError.is(error) ? error : notWritten(path, error)
  }
}

async function openPart(path: string, part: string): Promise<FileHandle> {
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new InvalidInputError(`${path} is a folder.`, { field: 'out' })
  try {
    return await open(part, 'wx', 0o600)
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'EEXIST') throw notWritten(path, cause)
    const message = `${part} is there: another export to ${path} goes on, or one was killed. Then remove it.`
    throw new InvalidInputError(message, { field: 'out', cause })
  }
}

function notWritten(path: string, cause: unknown): InvalidInputError {
  const { code = 'unknown' } = cause as { code?: string }
  return new InvalidInputError(`The export can't be written to ${path} (${code}).`, { field: 'out', cause })
}

function cutOff(why: string, cause?: unknown): PlinthError {
  return new PlinthError('cut_off', `The export did not come whole. ${why} Ask for it again.`, true, { cause })
}
