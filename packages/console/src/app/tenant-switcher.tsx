import type { ReactNode } from 'react'
import { itemsOf, useList } from '../api/lists.ts'
import { useMay, useSession, useSignIn } from '../api/session.ts'
import css from '../kit/kit.module.css'
import { tell } from '../kit/toasts.tsx'

/** Whose data the page shows. Who administers tenants may look at another's: by a session of that tenant, which its trail tells of. */
export function TenantSwitcher(): ReactNode {
  const { tenant_id: own } = useSession()
  const may = useMay('tenants:admin')
  const tenants = useList<{ readonly tenant_id: string; readonly status: string }>(
    '/api/tenants',
    {},
    { limit: 1000, enabled: may },
  )
  const signIn = useSignIn()
  if (!may) return <span className={css.badge}>{own}</span>
  const open = itemsOf(tenants).filter(({ status, tenant_id }) => status === 'active' || tenant_id === own)
  const names = [...new Set([own, ...open.map(({ tenant_id }) => tenant_id)])].toSorted()
  return (
    <select
      className={css.input}
      aria-label="Tenant"
      value={own}
      disabled={signIn.isPending}
      // Some may have been made elsewhere.
      onFocus={() => void tenants.refetch()}
      onChange={({ target }) => signIn.mutate({ tenant_id: target.value }, { onError: (error) => tell(error.message) })}
    >
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}
