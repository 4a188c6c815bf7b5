import type { Uses } from '../scope/scope.ts'
import { embeddingTraits } from './retrieve/embedding-traits.ts'
import { isOf, readSpaces, type Space } from './spaces.ts'

/** What a tenant's index holds, and by which model's vectors it is asked. */
export async function indexStatus(scope: Uses<'state' | 'search' | 'models'>): Promise<object> {
  const { spaces, removalsDue: _, ...figures } = await scope.search.status()
  const { serving, building, dense_weight } = (await readSpaces(scope))?.fields ?? {}
  const model = scope.models.resolveEmbedding()
  const shown = (space: Space | undefined): object | null => {
    const { chunks = 0, recall } = spaces.find(({ name }) => name === space?.name) ?? {}
    return space ? { ...space, chunks, ...(recall === undefined ? {} : { recall }) } : null
  }
  return {
    ...figures,
    embedding_model: model.id,
    serving: shown(serving),
    building: shown(building),
    dense_weight: dense_weight ?? (serving ? embeddingTraits(serving.served_by).weight : 0),
    reindex_needed: serving !== undefined && !isOf(serving, model),
  }
}
