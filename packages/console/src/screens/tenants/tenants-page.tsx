import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { itemsOf, loadMore, useList } from '../../api/lists.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Button, ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Choice, Field } from '../../kit/field.tsx'
import { FormEnd } from '../../kit/form-end.tsx'
import { formatCount, formatName, formatTime, formatUsd } from '../../kit/format.ts'
import { Page, Panel, Stack } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { numberIn, withNumbers } from '../../kit/typed.ts'
import { VirtualTable } from '../../kit/virtual-table.tsx'
import { addressOfTenant } from './addresses.ts'
import { budgetNumbers } from './settings.ts'
import type { Tenant } from './tenant.ts'

/** All tenants, the newest first. */
export function TenantsPage(): ReactNode {
  const tenants = useList<Tenant>('/api/tenants', {}, { limit: 200, refetchInterval: 5_000 })
  const [isMaking, setMaking] = useState(false)
  const all = itemsOf(tenants)
  return (
    <Page
      title="Tenants"
      about="Who shares this Plinth: what each may do, what it used, and who did what."
      actions={
        <>
          <CopyCall call={{ method: 'GET', path: '/api/tenants' }} />
          <ButtonLink to="/tenants/token-lab">Token lab</ButtonLink>
          <Button look="primary" onClick={() => setMaking(true)}>
            New tenant
          </Button>
        </>
      }
    >
      {tenants.error !== null && <ProblemNotice error={tenants.error} onRetry={() => void tenants.refetch()} />}
      <Panel title={all.length === 1 ? '1 tenant' : `${formatCount(all.length)}${tenants.hasNextPage ? '+' : ''} tenants`} flush>
        {tenants.data === undefined ? (
          tenants.error === null && <Loading />
        ) : all.length === 0 ? (
          <Empty title="There is no tenant." />
        ) : (
          <VirtualTable
            name="Tenants"
            rows={all}
            keyOf={({ tenant_id }) => tenant_id}
            onNearEnd={() => loadMore(tenants)}
            columns={[
              {
                name: 'Tenant',
                show: ({ tenant_id }) => <Link to={addressOfTenant(tenant_id)}>{tenant_id}</Link>,
              },
              { name: 'Name', width: 'minmax(110px, 1.4fr)', show: ({ name }) => formatName(name) },
              { name: 'Status', width: '110px', show: ({ status }) => <StatusBadge status={status} /> },
              { name: 'Isolation', isSecondary: true, show: ({ isolation_level, tier }) => `${isolation_level}, ${tier}` },
              { name: 'Region', isSecondary: true, show: ({ data_residency_region: region }) => region ?? 'any' },
              {
                name: 'Budget a month',
                isNumber: true,
                isSecondary: true,
                show: ({ limits }) => (limits.monthly_budget_usd === undefined ? 'none' : formatUsd(limits.monthly_budget_usd)),
              },
              { name: 'Since', isNumber: true, isSecondary: true, show: ({ created_at }) => formatTime(created_at) },
            ]}
          />
        )}
      </Panel>
      {isMaking && <NewTenant onClose={() => setMaking(false)} />}
    </Page>
  )
}

/** Those that say what is wrong with them. */
const tenantFields = ['tenant_id', 'name', 'limits.monthly_budget_usd'] as const
const noTenant = { tenant_id: '', name: '', isolation_level: 'pool', budget: '' }

function NewTenant({ onClose }: { readonly onClose: () => void }): ReactNode {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [fields, setFields] = useState(noTenant)
  const work = useTypedWork(fields, noTenant)
  const { budget, ...rest } = fields
  const limits = budget.trim() === '' ? {} : { limits: { monthly_budget_usd: numberIn(budget) } }
  const call: Call = { method: 'POST', path: '/api/tenants', body: { ...rest, ...limits } }
  const making = useAction(
    {
      mutationFn: () => send<Tenant>(withNumbers(call, { 'limits.monthly_budget_usd': budgetNumbers })),
      onSuccess: async ({ tenant_id }) => {
        await queries.invalidateQueries({ queryKey: ['/api/tenants'] })
        work.letGo()
        onClose()
        navigate(addressOfTenant(tenant_id))
      },
    },
    call,
  )
  const faultOf = (field: (typeof tenantFields)[number]): string | undefined => faultAt(making.error, field)
  const set = (name: keyof typeof fields) => ({
    value: fields[name],
    onChange: ({ target }: { readonly target: { readonly value: string } }) => setFields({ ...fields, [name]: target.value }),
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    making.mutate()
  }
  return (
    <Dialog title="New tenant" open onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <Field
            label="Id"
            required
            autoFocus
            {...set('tenant_id')}
            fault={faultOf('tenant_id')}
            hint="1 to 63 lower-case letters, digits and hyphens; it stays."
          />
          <Field label="Name" required {...set('name')} fault={faultOf('name')} />
          <Choice
            label="Isolation"
            {...set('isolation_level')}
            options={[
              { value: 'pool', name: 'pool: the key of all' },
              { value: 'silo', name: 'silo: a key of its own' },
            ]}
          />
          <Field
            label="Budget a month, USD"
            inputMode="decimal"
            {...set('budget')}
            fault={faultOf('limits.monthly_budget_usd')}
            hint="Empty: no limit."
          />
          {making.error !== null && <ProblemNotice error={making.error} fields={tenantFields} />}
          <FormEnd does="Onboard" busy={making.isPending} work={work} call={call} />
        </Stack>
      </form>
    </Dialog>
  )
}
