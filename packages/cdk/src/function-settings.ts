/** What the constructs of patterns have in common: where a function's code comes from, and what it is told. @module */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { bundleHandlers, bundleSizes } from './bundle.ts'

/** Bundles this Plinth's own handlers, and says how large they are. @returns the folder. */
export function bundleNow(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-handlers-'))
  for (const line of bundleSizes(bundleHandlers({ folder }))) console.error(line)
  return folder
}

/** What makes vectors, and so has to be the same for documents and for questions. */
export function embeddingVariables([first]: readonly string[]): Readonly<Record<string, string>> {
  return first === undefined ? {} : { PLINTH_EMBEDDING_MODEL: `bedrock/${first}` }
}

/** @throws InvalidInputError for a variable that a construct sets itself. */
export function checkVariables(more: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>): void {
  const taken = Object.keys(more).find((name) => name in own)
  if (taken === undefined) return
  throw new InvalidInputError(`functions.environment can't set ${taken}, which the construct sets.`, {
    field: 'functions.environment',
  })
}

/** @throws InvalidInputError for a list that is there, and empty. */
export function checkEmbeddingModels(embeddingModels: readonly string[] | undefined): void {
  if (embeddingModels?.length === 0)
    throw new InvalidInputError('embeddingModels must name at least one, or be left out.', { field: 'embeddingModels' })
}
