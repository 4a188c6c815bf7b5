import type { QueryClient, QueryKey } from '@tanstack/react-query'

/** Puts what the server answered in the place of what is known. What was asked before and is on its way yet is older, and doesn't take it away again. */
export async function setKnown<Data>(
  queries: QueryClient,
  queryKey: QueryKey,
  change: (before: Data | undefined) => Data | undefined,
): Promise<void> {
  await queries.cancelQueries({ queryKey, exact: true })
  queries.setQueryData<Data>(queryKey, change)
}
