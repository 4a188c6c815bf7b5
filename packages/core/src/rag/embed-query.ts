import { embedGoverned } from '../gateway/governed-embeddings.ts'
import { uuid } from '../ids.ts'
import type { Uses } from '../scope/scope.ts'
import { BoundedCache } from './bounded-cache.ts'
import { readSpaces, type Space } from './spaces.ts'

/** Questions that were asked last, of all tenants: at 512 dimensions about 2 KB each. */
const kept = new BoundedCache<Float32Array>(2_000)
/** A longer one is hardly asked twice. */
const longestKept = 2_000

export interface QueryVector {
  readonly space: Space
  readonly values: Float32Array
  /** As the tenant sets it. */
  readonly denseWeight: number | undefined
}

/**
 * generate_query_embedding of the seed (R28): a question's vector in the space that serves; undefined where nothing has vectors yet. The
 * same question of the same tenant costs one call.
 * @throws what embedGoverned throws.
 */
export async function embedQuery(
  scope: Uses<'state' | 'models' | 'gate'>,
  text: string,
  signal: AbortSignal,
): Promise<QueryVector | undefined> {
  const { serving: space, dense_weight: denseWeight } = (await readSpaces(scope))?.fields ?? {}
  if (!space) return undefined
  const key = `${scope.caller.tenant}\n${space.name}\n${text}`
  const known = text.length <= longestKept ? kept.get(key) : undefined
  if (known) return { space, values: known, denseWeight }
  const { id: modelId, dimensions } = scope.models.resolveEmbedding(space.model_id)
  const { vectors } = await embedGoverned(scope, {
    id: uuid(scope.clock),
    modelId,
    texts: [text],
    ...(dimensions === space.dimensions ? {} : { dimensions: space.dimensions }),
    purpose: 'query',
    what: 'rag.query-embedding',
    signal,
  })
  const values = Float32Array.from(vectors[0] ?? [])
  if (text.length <= longestKept) kept.set(key, values)
  return { space, values, denseWeight }
}
