import { type UseMutationResult, type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { get, send } from './client.ts'

/** Who is signed in, as `GET /api/session` says it. */
export interface Session {
  readonly tenant_id: string
  readonly user_id: string
  /** All that the token allows, spelt out. */
  readonly permissions: readonly string[]
  readonly csrf_token: string
  readonly expires_at: string
}

type Answer = ({ readonly authenticated: true } & Session) | { readonly authenticated: false }

/** What is shown at the door: a token, a one-time code, or by whoever is in and administers tenants, another tenant's name. */
export type Credentials = { readonly token: string } | { readonly code: string } | { readonly tenant_id: string }

const key = ['session']

/** The session of this browser; null when nobody is signed in. */
export function useSessionQuery(): UseQueryResult<Session | null> {
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const answer = await get<Answer>('/api/session', signal)
      return answer.authenticated ? answer : null
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Signs in, or changes tenants. What was loaded before is forgotten: it was another's. */
export function useSignIn(): UseMutationResult<Session, Error, Credentials> {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body) => send<Session>({ method: 'POST', path: '/api/session', body }),
    onSuccess: (session) => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== key[0] })
      queries.setQueryData(key, session)
    },
  })
}

export function useSignOut(): UseMutationResult<void, Error, void> {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => send<void>({ method: 'DELETE', path: '/api/session' }),
    onSettled: () => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== key[0] })
      return queries.resetQueries({ queryKey: key })
    },
  })
}

export const SessionContext = createContext<Session | undefined>(undefined)

/** Within the signed-in part of the page. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('Nobody is signed in here.')
  return session
}

/** Whether the token allows something. For hiding alone: the server decides. */
export function useMay(permission: string): boolean {
  return useSession().permissions.includes(permission)
}
