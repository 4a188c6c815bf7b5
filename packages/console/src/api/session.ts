import { type QueryClient, type UseMutationResult, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect } from 'react'
import { useAction } from './action.ts'
import { get, send } from './client.ts'

/** Who is signed in, as `GET /api/session` says it. */
export interface Session {
  readonly authenticated: true
  readonly tenant_id: string
  /** The tenant that was signed in with, where it is another. */
  readonly own_tenant_id?: string
  readonly user_id: string
  /** All that the token allows, spelt out. */
  readonly permissions: readonly string[]
  readonly csrf_token: string
  readonly expires_at: string
}

/** Why a session that there was is none now. */
export interface Refused {
  readonly code: string
  readonly detail: string
  readonly tenant_id?: string
  /** The tenant that was signed in with: there is a way back to it. */
  readonly own_tenant_id?: string
  readonly csrf_token?: string
}

export interface SignedOut {
  readonly authenticated: false
  readonly refused?: Refused
}

/** What is shown at the door: a token, a one-time code, or by whoever is in and administers tenants, another tenant's name. */
export type Credentials = { readonly token: string } | { readonly code: string } | { readonly tenant_id: string }

const key = ['session']
/** Tells the other tabs of this browser that the cookie is another now. */
const channel = new BroadcastChannel('plinth-session')

/** Looks anew who is signed in whenever another tab changed that. */
export function useOtherTabs(): void {
  const queries = useQueryClient()
  useEffect(() => {
    const look = (): void => void queries.invalidateQueries({ queryKey: key })
    channel.addEventListener('message', look)
    return () => channel.removeEventListener('message', look)
  }, [queries])
}

/** The session of this browser. */
export function useSessionQuery(): UseQueryResult<Session | SignedOut> {
  const queries = useQueryClient()
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const now = await get<Session | SignedOut>('/api/session', signal)
      const before = queries.getQueryData<Session | SignedOut>(key)
      if (before?.authenticated && !(now.authenticated && now.csrf_token === before.csrf_token)) forget(queries)
      return now
    },
    staleTime: Number.POSITIVE_INFINITY,
    // Another tab may have signed in as somebody else meanwhile: the cookie is the browser's, not the tab's.
    refetchOnWindowFocus: 'always',
  })
}

/** Signs in, or changes tenants. What was loaded before is forgotten: it was another's. */
export function useSignIn(): UseMutationResult<Session, Error, Credentials> {
  const queries = useQueryClient()
  return useAction({
    mutationFn: (body) => send<Session>({ method: 'POST', path: '/api/session', body }),
    onSuccess: async (session) => {
      // Who was signed in before may be answered later, and isn't any more.
      await queries.cancelQueries({ queryKey: key })
      forget(queries)
      queries.setQueryData(key, session)
      channel.postMessage('changed')
    },
  })
}

/** Looks anew who is signed in, since a call was answered as if nobody were. */
export function useSessionEnd(): () => void {
  const queries = useQueryClient()
  return () => void queries.invalidateQueries({ queryKey: key })
}

export function useSignOut(): UseMutationResult<void, Error, void> {
  const queries = useQueryClient()
  return useAction({
    mutationFn: () => send<void>({ method: 'DELETE', path: '/api/session' }),
    onSettled: () => {
      forget(queries)
      channel.postMessage('changed')
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

/** What was loaded for somebody else is theirs. */
function forget(queries: QueryClient): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== key[0] })
}
