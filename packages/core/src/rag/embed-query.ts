import { sha256 } from '../crypto.ts'
import { embedGoverned } from '../gateway/governed-embeddings.ts'
import { uuid } from '../ids.ts'
import type { Uses } from '../scope/scope.ts'
import { cacheByClock } from './bounded-cache.ts'
import { modelOf, readSpaces, type Space } from './spaces.ts'

/** Questions that were asked last, of all tenants: at 512 dimensions about 2 KB each. */
const keptVectors = cacheByClock<Float32Array>({ entries: 2_000, bytes: 16 * 1024 * 1024, keptFor: 10 * 60_000 })
/** Milliseconds; a question waits for it. */
const timeout = 10_000
/** A longer one is hardly asked twice. */
const longestKept = 2_000

export interface QueryVector {
  readonly space: Space
  readonly values: Float32Array
  /** As the tenant sets it. */
  readonly denseWeight: number | undefined
}

/**
 * generate_query_embedding of the seed (R28): a question's vector in the space that serves; undefined where nothing has vectors yet, or
 * their model can't be asked any more. The same question of the same tenant costs one call.
 * @throws what embedGoverned throws.
 */
export async function embedQuery(
  scope: Uses<'state' | 'models' | 'gate'>,
  text: string,
  signal: AbortSignal,
): Promise<QueryVector | undefined> {
  const { serving: space, dense_weight: denseWeight } = (await readSpaces(scope))?.fields ?? {}
  const resolved = space && modelOf(scope, space)
  if (!resolved) return undefined
  const kept = keptVectors(scope.clock)
  // By its hash: no question stays in memory for it.
  const key = sha256(`${scope.caller.tenant}\n${space.name}\n${text}`)
  const known = text.length <= longestKept ? kept.get(key) : undefined
  if (known) return { space, values: known, denseWeight }
  const { id: modelId, dimensions } = resolved
  const { vectors } = await embedGoverned(scope, {
    id: uuid(scope.clock),
    modelId,
    texts: [text],
    ...(dimensions === space.dimensions ? {} : { dimensions: space.dimensions }),
    purpose: 'query',
    what: 'rag.query-embedding',
    timeout,
    signal,
  })
  const values = Float32Array.from(vectors[0] ?? [])
  if (text.length <= longestKept) kept.set(key, values, values.byteLength)
  return { space, values, denseWeight }
}
