// What a Plinth of its own finds for labelled questions: the index with vectors, and everything behind it that a user's question meets.
import { existsSync, readFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { firstTenant } from '@plinth/server'
import { openBench } from '../../packages/cli/src/evaluation/bench.ts'
import { retrievePassages } from '../../packages/core/src/rag/retrieve-passages.ts'
import { mintCaller } from '../../packages/core/src/scope/caller.ts'
import { TenantRegistry } from '../../packages/core/src/tenancy/registry.ts'

/** As many as an answer is made of when nobody says. */
const shown = 5

/** The objects of a file, one a line. */
export function readLines(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/**
 * Finds passages for texts in some documents; what was found before is taken from `kept`.
 * @param corpus {id, title, text} each
 * @param kept a folder for the data and for what was found; remove it when retrieval has changed
 * @returns by text: {passages, signals}
 */
export async function retrieveAll({ corpus, kept, texts }) {
  const file = join(kept, 'found.jsonl')
  const found = new Map(existsSync(file) ? readLines(file).map(({ text, ...retrieval }) => [text, retrieval]) : [])
  const missing = [...new Set(texts)].filter((text) => !found.has(text))
  if (missing.length === 0) return found
  const bench = await openBench({ corpus, vectors: true, directory: join(kept, 'plinth') })
  try {
    const { platform } = bench.server
    const settings = await new TenantRegistry(platform.operate()).get(firstTenant)
    const caller = mintCaller({ settings, user: 'calibrate', permissions: new Set(['*']), correlationId: 'calibrate' })
    const scope = platform.scope(caller)
    const { signal } = new AbortController()
    for (const text of missing) {
      const retrieval = await retrievePassages(scope, { query: text, top_k: shown }, signal)
      found.set(text, retrieval)
      await appendFile(file, `${JSON.stringify({ text, ...retrieval })}\n`)
    }
  } finally {
    await bench.stop()
  }
  return found
}
