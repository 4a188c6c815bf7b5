import { Building2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { addressOf, type Call, pathOf, send } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import type { Step } from '../../api/snippets.ts'
import { Badge } from '../../kit/badge.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Field } from '../../kit/field.tsx'
import css from './home.module.css'
import { type Tried, TryCard } from './try-card.tsx'

interface Shown {
  readonly tenant: string
  readonly checks: readonly { readonly what: string; readonly status: number; readonly as: number }[]
}

/** Multi-tenant: a tenant of its own sees nothing of this one, and stays within its limits. */
export function TryTenant({ round, permissions }: Tried): ReactNode {
  const { tenant_id: own } = useSession()
  const [name, setName] = useState('Try this')
  return (
    <TryCard<Shown>
      title="Make a tenant"
      about={`Multi-tenant: a new tenant with a key of its own and one request a minute asks for something of ${own}, and for too much.`}
      icon={Building2}
      permissions={permissions}
      steps={() => stepsOf(callsOf(name))}
      round={round}
      run={async ({ signal, tell }) => {
        const { tenant, make, makeKey, ask, read, askAsIt } = callsOf(name)
        await send(make, signal)
        tell('Making a key')
        const { key } = await send<{ readonly key: string }>(makeKey, signal)
        tell('Asking with it')
        await send(ask, signal)
        const statusOf = asWhoever(key, signal)
        const checks = [
          { what: `reads a request of ${own}`, as: 404, status: await statusOf(read) },
          { what: 'sends its first request', as: 202, status: await statusOf(askAsIt) },
          { what: 'sends a second one at once', as: 429, status: await statusOf(askAsIt) },
        ]
        return { tenant, checks }
      }}
      show={({ tenant, checks }) => (
        <>
          <ul className={css.steps} aria-label="What the new tenant may do">
            {checks.map(({ what, status, as }) => (
              <li key={what}>
                <span>{what}</span>
                <Badge tone={status === as ? 'good' : 'bad'}>{wordOf(status)}</Badge>
                <span>{status}</span>
              </li>
            ))}
          </ul>
          <Removal tenant={tenant} />
        </>
      )}
      link={(shown) =>
        shown
          ? { to: pathOf('/tenants/of/{}', [shown.tenant]), name: 'Its usage, keys and audit trail' }
          : { to: '/tenants', name: 'Tenants' }
      }
    >
      <Field label="Name of the tenant" value={name} onChange={(event) => setName(event.target.value)} />
    </TryCard>
  )
}

/** Takes the sample back. */
function Removal({ tenant }: { readonly tenant: string }): ReactNode {
  const [isGone, setIsGone] = useState(false)
  if (isGone) return <p className={css.about}>{tenant} is offboarded, and its keys with it.</p>
  return (
    <ConfirmButton
      size="small"
      look="quiet"
      title={`Offboard ${tenant}?`}
      text="Its data and keys are removed. This can’t be taken back."
      confirm="Offboard"
      onConfirm={async () => {
        await send({ method: 'DELETE', path: pathOf('/api/tenants/{}', [tenant]) })
        setIsGone(true)
      }}
    >
      Offboard {tenant}
    </ConfirmButton>
  )
}

interface Calls {
  readonly tenant: string
  readonly make: Call
  readonly makeKey: Call
  /** Something of the tenant that is signed in, for the new one to ask for. */
  readonly ask: Call
  readonly read: Call
  readonly askAsIt: Call
}

/** For a tenant that isn't there yet. */
function callsOf(name: string): Calls {
  const tenant = `try-${Date.now().toString(36)}`
  const own = `beside-${tenant}`
  const permissions = ['requests:read', 'requests:write']
  const path = '/api/requests'
  return {
    tenant,
    make: { method: 'POST', path: '/api/tenants', body: { tenant_id: tenant, name, limits: { requests_per_minute: 1 } } },
    makeKey: { method: 'POST', path: pathOf('/api/tenants/{}/keys', [tenant]), body: { name: 'Home', permissions } },
    ask: { method: 'POST', path, body: { request_id: own, prompt: 'Something that is ours.' } },
    read: { method: 'GET', path: pathOf('/api/requests/{}', [own]) },
    askAsIt: { method: 'POST', path, body: { prompt: 'Hello.' } },
  }
}

function stepsOf({ make, makeKey, ask, read, askAsIt }: Calls): readonly Step[] {
  const asIt = { ...askAsIt, withKey: true } as const
  return [make, { ...makeKey, givesKey: true }, ask, { ...read, withKey: true }, asIt, asIt]
}

/** Calls as whoever has a key, without the session of this page. @returns gives the status. */
function asWhoever(key: string, signal: AbortSignal): (call: Call) => Promise<number> {
  return async ({ method, path, body }) => {
    const response = await fetch(addressOf(path), {
      method,
      signal,
      credentials: 'omit',
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    await response.body?.cancel()
    return response.status
  }
}

function wordOf(status: number): string {
  if (status === 404) return 'not there'
  if (status === 429) return 'too many'
  return status < 300 ? 'accepted' : 'refused'
}
