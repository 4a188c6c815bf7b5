import type { Uses } from '../scope/scope.ts'
import { readSpaces, type Space } from './spaces.ts'

/** What a tenant's index holds, and by which model's vectors it is asked. */
export async function indexStatus(scope: Uses<'state' | 'search' | 'models'>): Promise<object> {
  const { spaces, ...figures } = await scope.search.status()
  const { serving, building } = (await readSpaces(scope))?.fields ?? {}
  const embedding_model = scope.models.resolveEmbedding().id
  const shown = (space: Space | undefined): object | null => {
    const { chunks = 0, recall } = spaces.find(({ name }) => name === space?.name) ?? {}
    return space ? { ...space, chunks, ...(recall === undefined ? {} : { recall }) } : null
  }
  return {
    ...figures,
    embedding_model,
    serving: shown(serving),
    building: shown(building),
    reindex_needed: serving !== undefined && serving.model_id !== embedding_model,
  }
}
