import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { InvalidInputError, PlinthError } from '@plinth/core'

export interface Prompt {
  /** From 1. */
  readonly line: number
  /** What is sent to `POST /api/requests`. */
  readonly body: object
}

/**
 * Reads a file of prompts, one a line: a JSON string, or an object with `prompt`. Empty lines are passed over.
 * @throws InvalidInputError that names the line, before anything is sent.
 */
export async function readPrompts(path: string): Promise<Prompt[]> {
  const prompts: Prompt[] = []
  let line = 0
  try {
    for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++
      if (text.trim() !== '') prompts.push({ line, body: parse(text, line) })
    }
  } catch (error) {
    if (PlinthError.is(error)) throw error
    const missing = (error as { code?: string }).code === 'ENOENT'
    throw new InvalidInputError(missing ? `There is no file ${path}.` : `${path} can't be read.`, { field: 'file', cause: error })
  }
  if (prompts.length === 0) throw new InvalidInputError(`${path} holds no prompts.`, { field: 'file' })
  return prompts
}

/** The same line sent twice, after a cut for example, is one request: its key is what it says and where it stands. */
export function idempotencyKeyOf(prompt: Prompt): string {
  return createHash('sha256')
    .update(`${prompt.line}\n${JSON.stringify(prompt.body)}`)
    .digest('base64url')
}

function parse(text: string, line: number): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidInputError(`Line ${line} is not JSON.`, { field: `line ${line}` })
  }
  if (typeof value === 'string') return { prompt: value }
  if (typeof value === 'object' && value !== null && 'prompt' in value) return value
  throw new InvalidInputError(`Line ${line} is neither a string nor an object with "prompt".`, { field: `line ${line}` })
}
