import { createInterface } from 'node:readline'
import { InvalidInputError, type PatternName, patternNames } from '@plinth/core'
import { adviceOn } from '../commands/advise.ts'
import { readJsonObject } from '../json-file.ts'

export interface Choice {
  readonly patterns: readonly PatternName[]
  /** Sentences. */
  readonly reasons: readonly string[]
  /** The answers that it was made from. */
  readonly profile?: object
}

/** Of names between commas, each counted once. @throws InvalidInputError that says which one isn't known. */
export function namedPatterns(text: string): Choice {
  const names = text.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !patternNames.some((known) => known === name))
  if (wrong !== undefined) {
    const message = `--patterns takes ${patternNames.join(', ')} with commas between them, not "${wrong}".`
    throw new InvalidInputError(message, { field: 'patterns' })
  }
  return { patterns: patternNames.filter((name) => names.includes(name)), reasons: [] }
}

/** Those that the advisor composes for a profile. @throws InvalidInputError that names the field of a bad answer, or `profile`. */
export async function advisedPatterns(file: string): Promise<Choice> {
  const { primary, secondary, reasons } = (await adviceOn({ profile: file })).composition
  if (primary === 'none')
    throw new InvalidInputError(`${reasons.join(' ')} To have one all the same, name it with --patterns.`, { field: 'profile' })
  const chosen = [primary, ...secondary]
  const patterns = patternNames.filter((name) => chosen.includes(name))
  return { patterns, reasons, profile: readJsonObject(file, 'profile') }
}

/** Asks a person; an empty line means all. @throws InvalidInputError for what isn't known. */
export async function askedPatterns(terminal: {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}): Promise<Choice> {
  terminal.output.write(`Which patterns, with commas between them? ${patternNames.join(', ')} [all] `)
  const lines = createInterface({ input: terminal.input, terminal: false })
  for await (const line of lines) return line.trim() === '' ? everyPattern : namedPatterns(line)
  return everyPattern
}

export const everyPattern: Choice = { patterns: patternNames, reasons: [] }
