import { Building2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { addressOf, type Call, get, pathOf, send } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Badge } from '../../kit/badge.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Field } from '../../kit/field.tsx'
import css from './home.module.css'
import { TryCard } from './try-card.tsx'

interface Shown {
  readonly tenant: string
  readonly checks: readonly { readonly what: string; readonly status: number; readonly as: number }[]
}

/** Multi-tenant: a tenant of its own sees nothing of this one, and stays within its limits. */
export function TryTenant({ round }: { readonly round: number }): ReactNode {
  const { tenant_id: own } = useSession()
  const [name, setName] = useState('Try this')
  const limits = { requests_per_minute: 1 }
  const call: Call = { method: 'POST', path: '/api/tenants', body: { tenant_id: 'try-this', name, limits } }
  return (
    <TryCard<Shown>
      title="Make a tenant"
      about={`Multi-tenant: a new tenant with a key of its own and one request a minute asks for something of ${own}, and for too much.`}
      icon={Building2}
      permissions={['tenants:admin', 'requests:write', 'requests:read']}
      {...{ call, round }}
      run={async ({ signal, tell }) => {
        const tenant = `try-${Date.now().toString(36)}`
        await send({ method: 'POST', path: '/api/tenants', body: { tenant_id: tenant, name, limits } }, signal)
        tell('Making a key')
        const body = { name: 'Home', permissions: ['requests:read', 'requests:write'] }
        const keys = pathOf('/api/tenants/{}/keys', [tenant])
        const { key } = await send<{ readonly key: string }>({ method: 'POST', path: keys, body }, signal)
        tell('Asking with it')
        const theirs = await somethingOwn(signal)
        const ask = asWhoever(key, signal)
        const checks = [
          { what: `reads a request of ${own}`, as: 404, status: await ask('GET', pathOf('/api/requests/{}', [theirs])) },
          { what: 'sends its first request', as: 202, status: await ask('POST', '/api/requests') },
          { what: 'sends a second one at once', as: 429, status: await ask('POST', '/api/requests') },
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

/** A request of the tenant that is signed in, made when there is none. */
async function somethingOwn(signal: AbortSignal): Promise<string> {
  const [newest] = (await get<{ readonly items: readonly { readonly request_id: string }[] }>('/api/requests?limit=1', signal))
    .items
  if (newest) return newest.request_id
  const body = { prompt: 'Something that is ours.' }
  return (await send<{ readonly request_id: string }>({ method: 'POST', path: '/api/requests', body }, signal)).request_id
}

/** Calls as whoever has a key, without the session of this page. @returns gives the status. */
function asWhoever(key: string, signal: AbortSignal): (method: 'GET' | 'POST', path: string) => Promise<number> {
  return async (method, path) => {
    const response = await fetch(addressOf(path), {
      method,
      signal,
      credentials: 'omit',
      headers: { authorization: `Bearer ${key}`, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
      ...(method === 'POST' ? { body: JSON.stringify({ prompt: 'Hello.' }) } : {}),
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
