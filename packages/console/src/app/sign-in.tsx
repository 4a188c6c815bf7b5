import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { useSignIn } from '../api/session.ts'
import { Button } from '../kit/button.tsx'
import { Field } from '../kit/field.tsx'
import { Loading, ProblemNotice } from '../kit/states.tsx'
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

/** The door: a token is pasted. */
export function SignIn(): ReactNode {
  const { state } = useLocation()
  const signIn = useSignIn()
  const [token, setToken] = useState('')
  const refused: unknown = signIn.error ?? (state as { readonly refused?: unknown } | null)?.refused
  useEffect(() => {
    document.title = 'Sign in · Plinth'
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (token.trim() !== '') signIn.mutate({ token: token.trim() })
  }
  return (
    <main className={css.alone}>
      <form className={css.door} onSubmit={submit} aria-label="Sign in">
        <div className={css.brand}>
          <span className={css.mark} aria-hidden="true" />
          Plinth
        </div>
        <h1>Sign in</h1>
        {refused !== undefined && refused !== null && <ProblemNotice error={refused} />}
        <Field
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
