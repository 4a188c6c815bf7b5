import { LogOut, Moon, Sun } from 'lucide-react'
import { Activity, type ReactNode, useEffect, useSyncExternalStore } from 'react'
import { NavLink, Outlet, useLocation, useSearchParams } from 'react-router'
import { useCredentials } from '../api/client.ts'
import { useLiveConnection } from '../api/live.ts'
import { type Session, SessionContext, useOtherTabs, useSessionEnd, useSessionQuery, useSignOut } from '../api/session.ts'
import { Button } from '../kit/button.tsx'
import { Loading, NoPermission, ProblemNotice } from '../kit/states.tsx'
import { ConnectionState } from './connection-state.tsx'
import { useFocusOfScreen, useKeptFocus } from './kept-focus.ts'
import { destinations } from './navigation.ts'
import css from './shell.module.css'
import { SignedOutPage, SignInByCode } from './sign-in.tsx'
import { TenantSwitcher } from './tenant-switcher.tsx'
import { chooseTheme, currentTheme } from './theme.ts'

/** The page: the door while nobody is signed in, then navigation and the screen. */
export function Shell(): ReactNode {
  const query = useSessionQuery()
  const session = query.data
  const shown = session?.authenticated ? session : (session?.now ?? session?.refused)
  useOtherTabs()
  useLiveConnection()
  useKeptFocus()
  useCredentials(shown?.csrf_token, useSessionEnd())
  const code = useSearchParams()[0].get('code')
  if (code !== null) return <SignInByCode code={code} />
  if (session === undefined)
    return (
      <main className={css.alone}>
        {query.error === null ? <Loading /> : <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      </main>
    )
  const last = session.authenticated ? session : session.over
  return (
    <>
      {!session.authenticated && <SignedOutPage {...session} />}
      {last && (
        // What a screen knows is of one tenant and user; another one begins with an empty screen. One that ran out, or whose place another took, rests out of sight.
        <Activity key={`${last.tenant_id} ${last.user_id}`} mode={session.authenticated ? 'visible' : 'hidden'}>
          <SessionContext value={last}>
            <SignedIn session={last} />
          </SessionContext>
        </Activity>
      )}
    </>
  )
}

function SignedIn({ session }: { readonly session: Session }): ReactNode {
  const { pathname } = useLocation()
  const here = destinations.findLast(({ path }) => (path === '/' ? pathname === '/' : pathname.startsWith(path)))
  const isOpen = !here || here.permissions.length === 0 || here.permissions.some((one) => session.permissions.includes(one))
  useEffect(() => {
    if (!pathname) return
    document.getElementById('screen')?.scrollTo(0, 0)
    // On a phone the navigation is wider than the page.
    document.querySelector('nav [aria-current="page"]')?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [pathname])
  useFocusOfScreen(pathname)
  return (
    <div className={css.shell}>
      <button type="button" className={css.skip} onClick={() => document.getElementById('screen')?.focus()}>
        Skip to the screen
      </button>
      <header className={css.side}>
        <div className={css.brand}>
          <span className={css.mark} aria-hidden="true" />
          Plinth
        </div>
        <nav className={css.nav} aria-label="Screens">
          {destinations.map(({ name, path, icon: Icon, permissions }) => {
            const shut = permissions.length > 0 && !permissions.some((one) => session.permissions.includes(one))
            return (
              <NavLink
                key={path}
                to={path}
                end={path === '/'}
                className={({ isActive }) =>
                  [css.link, isActive ? css.active : '', shut ? css.shut : ''].filter(Boolean).join(' ')
                }
              >
                <Icon size={17} aria-hidden="true" />
                {name}
              </NavLink>
            )
          })}
        </nav>
        <div className={css.account}>
          <ConnectionState />
          <TenantSwitcher />
          <div className={css.accountRow}>
            <span className={css.user} title={session.user_id}>
              {session.user_id}
            </span>
            <ThemeButton />
            <SignOutButton />
          </div>
        </div>
      </header>
      <main id="screen" tabIndex={-1} className={css.screen}>
        {isOpen ? <Outlet /> : <NoPermission permission={here?.permissions.join(' or ') ?? ''} />}
      </main>
    </div>
  )
}

function ThemeButton(): ReactNode {
  const theme = useSyncExternalStore((changed) => {
    addEventListener('themechange', changed)
    return () => removeEventListener('themechange', changed)
  }, currentTheme)
  const other = theme === 'dark' ? 'light' : 'dark'
  return (
    <Button look="quiet" size="small" aria-label={`Use the ${other} theme`} onClick={() => chooseTheme(other)}>
      {theme === 'dark' ? <Sun size={16} aria-hidden="true" /> : <Moon size={16} aria-hidden="true" />}
    </Button>
  )
}

function SignOutButton(): ReactNode {
  const signOut = useSignOut()
  return (
    <Button look="quiet" size="small" aria-label="Sign out" busy={signOut.isPending} onClick={() => signOut.mutate()}>
      <LogOut size={16} aria-hidden="true" />
    </Button>
  )
}
