import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'

/** State that outlives the part of the screen that shows it, until somebody else signs in. */
export interface Kept<State> {
  get(): State
  change(by: (before: State) => State): void
}

function keyOf(name: string): readonly string[] {
  return ['knowledge', name]
}

function keptIn<State>(queries: QueryClient, name: string, initial: State): Kept<State> {
  const get = (): State => queries.getQueryData<State>(keyOf(name)) ?? initial
  return { get, change: (by) => void queries.setQueryData(keyOf(name), by(get())) }
}

/** What is kept under a name, and what changes it. */
export function useKept<State>(name: string, initial: State): readonly [State, Kept<State>] {
  const queries = useQueryClient()
  const { data } = useQuery<State>({
    queryKey: keyOf(name),
    queryFn: () => initial,
    initialData: initial,
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })
  return [data as State, keptIn(queries, name, initial)]
}
