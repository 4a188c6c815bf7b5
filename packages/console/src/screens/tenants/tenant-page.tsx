import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useParams } from 'react-router'
import { useAction } from '../../api/action.ts'
import { get, isUnknown, pathOf, send } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { formatName, formatTime } from '../../kit/format.ts'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded, Notice, ProblemNotice } from '../../kit/states.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { tell } from '../../kit/toasts.tsx'
import { AuditPanel } from './audit-panel.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { SettingsForm } from './settings-form.tsx'
import type { Tenant } from './tenant.ts'
import { UsagePanel } from './usage-panel.tsx'

/** One tenant: what is set, used, handed out and put down of it. */
export function TenantPage(): ReactNode {
  const { id = '' } = useParams()
  const path = pathOf('/api/tenants/{}', [id])
  const query = useQuery({ queryKey: [path], queryFn: ({ signal }) => get<Tenant>(path, signal), refetchInterval: 5_000 })
  const back = { to: '/tenants', name: 'Tenants' }
  if (!query.data && isUnknown(query.error))
    return (
      <Page title="No such tenant" back={back}>
        <Empty title="There is no tenant of this id." />
      </Page>
    )
  return (
    <Page
      title={id}
      back={back}
      about={query.data && formatName(query.data.name)}
      actions={query.data && <Actions tenant={query.data} path={path} />}
    >
      <Loaded query={query}>
        {(tenant) => (
          <>
            <State tenant={tenant} />
            <Tabs
              name="Of the tenant"
              tabs={[
                { id: 'usage', name: 'Usage and cost', show: () => <UsagePanel id={id} /> },
                { id: 'settings', name: 'Settings', show: () => <SettingsForm tenant={tenant} path={path} /> },
                { id: 'keys', name: 'Keys', show: () => <KeysPanel id={id} isOpen={tenant.status !== 'offboarded'} /> },
                { id: 'audit', name: 'Audit', show: () => <AuditPanel id={id} /> },
              ]}
            />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function State({ tenant }: { readonly tenant: Tenant }): ReactNode {
  const { status, offboarding } = tenant
  if (offboarding)
    return (
      <Notice tone="bad">
        It left at {formatTime(offboarding.at)}. Its keys are unusable from {formatTime(offboarding.keys_unusable_at)}, and nobody
        can bring them back from {formatTime(offboarding.keys_irrecoverable_at)} on.{' '}
        {offboarding.data_removed_at === null
          ? 'Its data is being removed.'
          : `Its data was removed at ${formatTime(offboarding.data_removed_at)}.`}
      </Notice>
    )
  if (status === 'suspended')
    return (
      <Notice tone="warn">
        Suspended: each of its calls is refused with 403 tenant_suspended, and streams end within seconds. What it sent before
        waits.
      </Notice>
    )
  return (
    <div>
      <StatusBadge status={status} />
    </div>
  )
}

function Actions({ tenant, path }: { readonly tenant: Tenant; readonly path: string }): ReactNode {
  const { tenant_id: shown, own_tenant_id: own = shown } = useSession()
  const { tenant_id: id, status } = tenant
  const queries = useQueryClient()
  const again = (): Promise<unknown> =>
    Promise.all([path, '/api/tenants'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
  const setStatus = (next: string): Promise<unknown> => send({ method: 'PATCH', path, body: { status: next } }).then(again)
  const activating = useAction({ mutationFn: () => setStatus('active') })
  if (status === 'offboarded') return <CopyCall call={{ method: 'GET', path }} />
  return (
    <>
      {activating.error !== null && <ProblemNotice error={activating.error} />}
      <CopyCall call={{ method: 'PATCH', path, body: { status: status === 'active' ? 'suspended' : 'active' } }} />
      {status === 'suspended' ? (
        <Button look="primary" busy={activating.isPending} onClick={() => activating.mutate()}>
          Activate
        </Button>
      ) : (
        <ConfirmButton
          look="plain"
          title={`Suspend ${id}?`}
          text={
            id === own
              ? 'This is the tenant that you are signed in with: you will be signed out. If it is the last active one, only the command line on the server lets anybody in again.'
              : `From the next request on nobody of it is let in. Nothing is lost, and activating it lets it in again.${id === shown ? ` You go back to ${own}.` : ''}`
          }
          confirm="Suspend"
          onConfirm={() => setStatus('suspended')}
        >
          Suspend
        </ConfirmButton>
      )}
      <ConfirmButton
        look="plain"
        title={`Rotate the keys of ${id}?`}
        text="What is sealed from now on is sealed with new keys. What is there already still opens, and no virtual key or token changes."
        confirm="Rotate"
        onConfirm={() => send({ method: 'POST', path: `${path}/rotate-key` }).then(() => tell(`${id} has new keys.`))}
      >
        Rotate keys
      </ConfirmButton>
      <ConfirmButton
        title={`Offboard ${id}?`}
        text="Nobody is let in any more, its keys are destroyed, and its data is removed. This can’t be undone; take its export first."
        confirm="Offboard for good"
        typed={id}
        onConfirm={() => send({ method: 'DELETE', path }).then(again)}
      >
        Offboard
      </ConfirmButton>
    </>
  )
}
