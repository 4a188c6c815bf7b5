import { readFileSync } from 'node:fs'
import { InvalidInputError } from '@plinth/core'

/** @throws InvalidInputError that names the file. */
export function readJsonObject(path: string, field: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const missing = (cause as { code?: string }).code === 'ENOENT'
    throw new InvalidInputError(missing ? `There is no file ${path}.` : `${path} can't be read.`, { field, cause })
  }
  const value = parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  throw new InvalidInputError(`${path} holds no JSON object.`, { field })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
