import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { type Refused, type Session, type SignedOut, useGoOn, useSignIn, useSignOut } from '../api/session.ts'
import { useAskBeforeUnload } from '../kit/ask-before-unload.ts'
import { Button } from '../kit/button.tsx'
import { Field } from '../kit/field.tsx'
import { Loading, Notice, ProblemNotice } from '../kit/states.tsx'
import css from './shell.module.css'

/** The link of `plinth start` was opened: its code is shown at the door, and is gone from the address, where it would be of no more use. */
export function SignInByCode({ code }: { readonly code: string }): ReactNode {
  const navigate = useNavigate()
  const { mutateAsync } = useSignIn()
  const tried = useRef<string>(undefined)
  useEffect(() => {
    if (tried.current === code) return
    tried.current = code
    mutateAsync({ code }).then(
      () => navigate('/', { replace: true }),
      (error: unknown) => navigate('/', { replace: true, state: { refused: error } }),
    )
  }, [code, mutateAsync, navigate])
  return (
    <main className={css.alone}>
      <Loading what="Signing in" />
    </main>
  )
}

/**
 * The door, or the way back to the tenant that was signed in with, where the one that was looked at lets nobody in any more, or the choice
 * between two tenants, where something was typed for one and another tab changed to the other.
 */
export function SignedOutPage({ refused, over, now, isTyped = false }: Omit<SignedOut, 'authenticated'>): ReactNode {
  useAskBeforeUnload(() => isTyped)
  if (over && now) return <Changed from={over} to={now} />
  const ranOut = over && `Your session of ${over.tenant_id} has ended. What you typed is kept: sign in as the same user to go on.`
  return refused?.own_tenant_id === undefined ? (
    <SignIn reason={refused?.detail ?? ranOut} />
  ) : (
    <WayBack refused={refused} to={refused.own_tenant_id} />
  )
}

function Changed({ from, to }: { readonly from: Session; readonly to: Session }): ReactNode {
  const signIn = useSignIn()
  const goOn = useGoOn()
  useEffect(() => {
    document.title = `${from.tenant_id} or ${to.tenant_id} · Plinth`
  }, [from.tenant_id, to.tenant_id])
  return (
    <main className={css.alone}>
      <div className={css.door}>
        <Brand />
        <h1>Your session changed tenants</h1>
        <Notice tone="warn">
          It is of {to.tenant_id} now. What you typed here was for {from.tenant_id}: it is kept, and nothing of it was sent.
        </Notice>
        {signIn.error !== null && <ProblemNotice error={signIn.error} />}
        <Button look="primary" busy={signIn.isPending} onClick={() => signIn.mutate({ tenant_id: from.tenant_id })}>
          Back to {from.tenant_id}, with what I typed
        </Button>
        <Button look="quiet" onClick={() => goOn(to)}>
          Go on with {to.tenant_id}, without it
        </Button>
      </div>
    </main>
  )
}

function WayBack({ refused, to }: { readonly refused: Refused; readonly to: string }): ReactNode {
  const signIn = useSignIn()
  const signOut = useSignOut()
  useEffect(() => {
    document.title = `${refused.tenant_id ?? 'Tenant'} · Plinth`
  }, [refused.tenant_id])
  return (
    <main className={css.alone}>
      <div className={css.door}>
        <Brand />
        <h1>{refused.tenant_id}</h1>
        <Notice tone="warn">
          {refused.detail} {refused.code === 'tenant_suspended' && 'Nothing of it is shown until it is activated.'}
        </Notice>
        {signIn.error !== null && <ProblemNotice error={signIn.error} />}
        <Button look="primary" busy={signIn.isPending} onClick={() => signIn.mutate({ tenant_id: to })}>
          Back to {to}
        </Button>
        <Button look="quiet" busy={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out
        </Button>
      </div>
    </main>
  )
}

function Brand(): ReactNode {
  return (
    <div className={css.brand}>
      <span className={css.mark} aria-hidden="true" />
      Plinth
    </div>
  )
}

/** A token is pasted. @param props.reason why a session that there was is none now. */
function SignIn({ reason }: { readonly reason: string | undefined }): ReactNode {
  const { state } = useLocation()
  const signIn = useSignIn()
  const [token, setToken] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const refused: unknown = signIn.error ?? (state as { readonly refused?: unknown } | null)?.refused
  useEffect(() => {
    document.title = 'Sign in · Plinth'
    // What had it is out of sight.
    field.current?.focus()
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (token.trim() !== '') signIn.mutate({ token: token.trim() })
  }
  return (
    <main className={css.alone}>
      <form className={css.door} onSubmit={submit} aria-label="Sign in">
        <Brand />
        <h1>Sign in</h1>
        {refused !== undefined && refused !== null ? (
          <ProblemNotice error={refused} />
        ) : (
          reason !== undefined && <Notice tone="warn">{reason}</Notice>
        )}
        <Field
          ref={field}
          label="Token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          value={token}
          onChange={({ target }) => setToken(target.value)}
          hint={
            <>
              Make one with <code>npx --no-install plinth token --tenant demo</code>, or open the link that <code>npm start</code>{' '}
              printed. Only a session cookie that no script can read is kept.
            </>
          }
        />
        <Button type="submit" look="primary" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </main>
  )
}
