import { type QueryClient, type UseMutationResult, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect } from 'react'
import { useAction } from './action.ts'
import { get, send } from './client.ts'
import { setKnown } from './known.ts'
import { isTypedWorkHeld } from './typed-work.ts'

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
  /** The session that ran out. What was typed in it is kept out of sight, until the same user signs in to the same tenant, or anybody else. */
  readonly over?: Session
  /** The session that took its place: the same user looks at another tenant now. What was typed rests until they say which one to go on with. */
  readonly now?: Session
  /** Whether something was typed that would be lost. */
  readonly isTyped?: boolean
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
      return succeeding(queries, await get<Session | SignedOut>('/api/session', signal))
    },
    staleTime: Number.POSITIVE_INFINITY,
    // Another tab may have signed in as somebody else meanwhile: the cookie is the browser's, not the tab's.
    refetchOnWindowFocus: 'always',
  })
}

/** Signs in, or changes tenants. What was loaded before is forgotten, where it was another's. */
export function useSignIn(): UseMutationResult<Session, Error, Credentials> {
  const queries = useQueryClient()
  return useAction({
    mutationFn: (body) => send<Session>({ method: 'POST', path: '/api/session', body }),
    onSuccess: async (session) => {
      // Who was signed in before may be answered later, and isn't any more.
      await setKnown(queries, key, () => succeeding(queries, session))
      void queries.invalidateQueries({ predicate: isLoaded })
      channel.postMessage('changed')
    },
  })
}

/** Goes on with the session that took another one's place, without what was typed in that one. */
export function useGoOn(): (session: Session) => void {
  const queries = useQueryClient()
  return (session) => {
    forget(queries)
    queries.setQueryData(key, session)
  }
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

/** The page's clock may be behind the server's, milliseconds. */
const clockTolerance = 60_000

/** Who is signed in now, in the place of who was before: unless that is the same, or may come back, nothing stays of it. */
function succeeding(queries: QueryClient, now: Session | SignedOut): Session | SignedOut {
  const before = queries.getQueryData<Session | SignedOut>(key)
  const last = before?.authenticated ? before : before?.over
  if (last === undefined) return now
  if (now.authenticated && rightsOf(now) === rightsOf(last)) {
    // What was asked while the other tenant's session was there may have been answered by that.
    if (!before?.authenticated) void queries.invalidateQueries({ predicate: isLoaded })
    return now
  }
  const isTyped = before?.authenticated ? isTypedWorkHeld() : before?.isTyped === true
  const hasRunOut = Date.parse(last.expires_at) <= Date.now() + clockTolerance
  if (!now.authenticated && now.refused === undefined && hasRunOut) return { ...now, over: last, isTyped }
  if (now.authenticated && isTyped && isSamePerson(now, last)) return { authenticated: false, over: last, now, isTyped }
  forget(queries)
  return now
}

function rightsOf({ tenant_id, own_tenant_id, user_id, permissions }: Session): string {
  return JSON.stringify([tenant_id, own_tenant_id, user_id, permissions])
}

/** Whoever signed in once and looks at several tenants: the same name in two tenants may be two people. */
function isSamePerson(one: Session, other: Session): boolean {
  const homes = [one, other].map(({ tenant_id, own_tenant_id = tenant_id }) => own_tenant_id)
  return one.user_id === other.user_id && homes[0] === homes[1] && one.tenant_id !== other.tenant_id
}

/** What was loaded for somebody else is theirs. */
function forget(queries: QueryClient): void {
  queries.removeQueries({ predicate: isLoaded })
}

function isLoaded({ queryKey }: { readonly queryKey: readonly unknown[] }): boolean {
  return queryKey[0] !== key[0]
}
