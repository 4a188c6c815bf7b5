import { useQueryClient } from '@tanstack/react-query'
import { pathOf, send } from '../../api/client.ts'
import { documentLists } from './document.ts'
import { useSender } from './sending.ts'

/** Deletes a document, leaves its page, and looks at the lists anew. */
export function useDeleteDocument(): (id: string, leave?: () => unknown) => Promise<void> {
  const queries = useQueryClient()
  const { forget } = useSender()
  return async (id, leave) => {
    await send({ method: 'DELETE', path: pathOf('/api/documents/{}', [id]) })
    forget(id)
    await leave?.()
    // What else is known of it isn't asked anew: it is gone.
    await queries.invalidateQueries({
      predicate: ({ queryKey: [path, query] }) => path === documentLists && typeof query === 'object',
    })
  }
}
