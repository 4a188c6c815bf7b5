import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from './client.ts'
import type { ListPage } from './lists.ts'
import { useMay } from './session.ts'

export interface Model {
  readonly model_id: string
  readonly is_default: boolean
  readonly served_by: string
  readonly lifecycle: { readonly status: 'active' | 'legacy' | 'retired' }
  /** `known`: false where nobody told it; the figures are 0 then. */
  readonly price: { readonly input: number; readonly output: number; readonly known: boolean }
}

/** The language models that the tenant may use; nothing is asked where the token may not read them. */
export function useModels(): UseQueryResult<readonly Model[]> {
  const may = useMay('models:read')
  return useQuery({
    queryKey: ['/api/models', 'language'],
    queryFn: async ({ signal }) => (await get<ListPage<Model>>('/api/models?kind=language&limit=1000', signal)).items,
    enabled: may,
    staleTime: 60_000,
  })
}
