import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { unreadFile } from './unread-file.ts'

export interface Prompt {
  /** From 1. */
  readonly line: number
  /** What is sent to `POST /api/requests`. */
  readonly body: object
}

// Takes a byte order mark away, and refuses what is no UTF-8 as the API does.
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a file of prompts, one a line: a JSON string, or an object with `prompt`. Empty lines are passed over.
 * @throws InvalidInputError that names the line, before anything is sent.
 */
export function readPrompts(path: string): Prompt[] {
  const prompts: Prompt[] = []
  // Only a line feed ends a line: JSON strings may hold the other separators of Unicode as they are.
  for (const [index, text] of readText(path).split('\n').entries()) {
    if (text.trim() !== '') prompts.push({ line: index + 1, body: parse(text, index + 1) })
  }
  if (prompts.length === 0) throw new InvalidInputError(`${path} holds no prompts.`, { field: 'file' })
  return prompts
}

/**
 * The same line of the same file, sent again after a cut for example, is one request: its key is where it stands and what is sent.
 * @param run makes the keys of one run differ from those of every other.
 */
export function idempotencyKeyOf(file: string, line: number, body: object, run = ''): string {
  return createHash('sha256')
    .update(JSON.stringify([resolve(file), line, body, run]))
    .digest('base64url')
}

function readText(path: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw unreadFile(path, 'file', cause)
  }
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new InvalidInputError(`${path} is not UTF-8.`, { field: 'file', cause })
  }
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
