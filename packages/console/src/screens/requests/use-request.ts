import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { send } from '../../api/client.ts'
import { useLive } from '../../api/live.ts'
import { listPath, readCall, type WholeRequest } from './request.ts'

/** One request as it is now, and while it is worked, the text of its answer so far. */
export function useRequest(id: string): { readonly query: UseQueryResult<WholeRequest>; readonly text: string } {
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const query = useQuery({
    queryKey: [listPath, id],
    queryFn: ({ signal }) => send<WholeRequest>(readCall(id), signal),
    // What isn't told of, such as another page's redrive.
    refetchInterval: ({ state }) => (state.data?.status === 'completed' || state.data?.status === 'cancelled' ? false : 5_000),
  })
  const { path } = readCall(id)
  useLive(query.data?.status === 'processing' ? `${path}/events` : undefined, ({ event, data }) => {
    if (event === 'token') {
      setText((before) => before + (data as { readonly text: string }).text)
      return
    }
    // A new start begins the text anew.
    if (event === 'status' && (data as { readonly type: string }).type === 'started') setText('')
    void queries.invalidateQueries({ queryKey: [listPath, id] })
  })
  return { query, text }
}
