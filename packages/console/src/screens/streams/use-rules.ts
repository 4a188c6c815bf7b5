import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../../api/client.ts'
import type { Rules } from './answers.ts'

export const rulesPath = '/api/alert-rules'

/** All rules of the tenant, those that are built in included. */
export function useRules(): UseQueryResult<Rules> {
  return useQuery({ queryKey: [rulesPath], queryFn: ({ signal }) => get<Rules>(rulesPath, signal) })
}
