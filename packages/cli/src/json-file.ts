import { readFileSync } from 'node:fs'
import { InvalidInputError, isObject } from '@plinth/core'
import { unreadFile } from './unread-file.ts'

/** @throws InvalidInputError that names the file. */
export function readJsonObject(path: string, field: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    // Some editors put a byte order mark in front.
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    throw unreadFile(path, field, cause)
  }
  const value = parse(text, path, field)
  if (isObject(value)) return value
  throw new InvalidInputError(`${path} holds no JSON object.`, { field })
}

function parse(text: string, path: string, field: string): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (name === '__proto__') throw new SyntaxError('__proto__ is no name of a field')
      return value
    })
  } catch (cause) {
    const before = text.slice(0, faultAt(text)).split('\n')
    const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
    throw new InvalidInputError(`${path} holds no JSON object: ${reasonOf(cause)} (${place}).`, { field, cause })
  }
}

/** Without the text around the place, which may be long. */
function reasonOf(cause: unknown): string {
  const { message } = cause as Error
  return message.replace(/, (?:\.\.\.)?".*is not valid JSON$/s, '').replace(/(?: in JSON)? at position .*$/s, '')
}

/**
 * Where a text stops to be JSON. The parser doesn't always say: it is behind the longest beginning that only lacks its rest, found by
 * halving.
 */
function faultAt(text: string): number {
  let [good, bad] = [0, text.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (couldGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return good
}

function couldGoOn(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const { message } = error as Error
    const position = /at position (\d+)/.exec(message)?.[1]
    return position === undefined ? message.startsWith('Unexpected end') : Number(position) >= text.length
  }
}
