import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, Problem, pathOf, send } from '../../api/client.ts'
import { itemsOf, useList } from '../../api/lists.ts'
import { useSession } from '../../api/session.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CodeBlock, CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton, Dialog } from '../../kit/dialog.tsx'
import { Check, Field } from '../../kit/field.tsx'
import { formatTime, formatUsd } from '../../kit/format.ts'
import { Columns, Panel, Row, Stack } from '../../kit/page.tsx'
import { Empty, Loading, Notice, ProblemNotice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { numberIn, withNumbers } from '../../kit/typed.ts'
import { budgetNumbers } from './settings.ts'
import type { VirtualKey } from './tenant.ts'

/** The keys of programs: made, shown once, revoked. */
export function KeysPanel({ id, isOpen }: { readonly id: string; readonly isOpen: boolean }): ReactNode {
  const path = pathOf('/api/tenants/{}/keys', [id])
  const keys = useList<VirtualKey>(path, {}, { limit: 200 })
  const queries = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const again = (): Promise<unknown> => queries.invalidateQueries({ queryKey: [path] })
  const all = itemsOf(keys)
  return (
    <Panel
      title="Virtual keys"
      flush
      actions={
        <>
          <CopyCall call={{ method: 'GET', path }} />
          <Button size="small" disabled={!isOpen} onClick={() => setMaking(true)}>
            New key
          </Button>
        </>
      }
    >
      {keys.error !== null && <ProblemNotice error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data === undefined ? (
        keys.error === null && <Loading />
      ) : all.length === 0 ? (
        <Empty title="It has no keys.">A key is a bearer for programs that can’t fetch tokens.</Empty>
      ) : (
        <Table
          name="Keys"
          rows={all}
          keyOf={({ key_id }) => key_id}
          columns={[
            { name: 'Key', show: ({ key_id, name }) => [name, key_id].filter(Boolean).join(' · ') },
            { name: 'May', show: ({ permissions }) => permissions.join(', ') },
            {
              name: 'Budget',
              isNumber: true,
              show: ({ limits }) => (limits.monthly_budget_usd === undefined ? '–' : formatUsd(limits.monthly_budget_usd)),
            },
            { name: 'Made', show: ({ created_at, made_by }) => `${formatTime(created_at)}, by ${made_by}` },
            { name: 'State', show: (key) => <KeyState vkey={key} /> },
            {
              name: 'Do',
              show: ({ key_id, name, revoked_at }) =>
                revoked_at === null && (
                  <ConfirmButton
                    size="small"
                    title={`Revoke ${name === '' ? key_id : name}?`}
                    text="From the next request on it is refused, in every process. It can’t be brought back."
                    confirm="Revoke"
                    onConfirm={() => send({ method: 'DELETE', path: `${path}/${encodeURIComponent(key_id)}` }).then(again)}
                  >
                    Revoke
                  </ConfirmButton>
                ),
            },
          ]}
        />
      )}
      {isMaking && (
        <NewKey
          path={path}
          onClose={() => {
            setMaking(false)
            void again()
          }}
        />
      )}
    </Panel>
  )
}

function KeyState({ vkey: { revoked_at, expires_at } }: { readonly vkey: VirtualKey }): ReactNode {
  if (revoked_at !== null) return <Badge tone="bad">revoked</Badge>
  if (expires_at === null) return <Badge tone="good">good</Badge>
  return Date.parse(expires_at) < Date.now() ? (
    <Badge tone="bad">expired</Badge>
  ) : (
    <Badge tone="good">until {formatTime(expires_at)}</Badge>
  )
}

function NewKey({ path, onClose }: { readonly path: string; readonly onClose: () => void }): ReactNode {
  const { permissions: mine } = useSession()
  const [name, setName] = useState('')
  const [budget, setBudget] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    new Set(['models:read', 'models:write'].filter((one) => mine.includes(one))),
  )
  const limits = budget.trim() === '' ? {} : { limits: { monthly_budget_usd: numberIn(budget) } }
  const call: Call = { method: 'POST', path, body: { ...(name === '' ? {} : { name }), permissions: [...chosen], ...limits } }
  const making = useAction(
    {
      mutationFn: () =>
        send<VirtualKey & { readonly key: string }>(withNumbers(call, { 'limits.monthly_budget_usd': budgetNumbers })),
    },
    call,
  )
  const faultOf = (field: string): string | undefined =>
    making.error instanceof Problem && making.error.field === field ? making.error.message : undefined
  const toggle = (permission: string): void =>
    setChosen(
      (before) => new Set(before.has(permission) ? [...before].filter((one) => one !== permission) : [...before, permission]),
    )
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    making.mutate()
  }
  return (
    <Dialog title="New key" open onClose={onClose} wide>
      {making.data ? (
        <Stack>
          <Notice tone="warn">This is the only time that it is shown. Copy it now.</Notice>
          <CodeBlock what="the key" text={making.data.key} />
          <Row>
            <Button look="primary" onClick={onClose}>
              I have it
            </Button>
          </Row>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <Columns>
              <Field
                label="Name"
                value={name}
                onChange={({ target }) => setName(target.value)}
                fault={faultOf('name')}
                hint="For you, such as the program’s."
              />
              <Field
                label="Budget a month, USD"
                inputMode="decimal"
                value={budget}
                onChange={({ target }) => setBudget(target.value)}
                fault={faultOf('limits.monthly_budget_usd')}
                hint="Empty: the tenant’s alone."
              />
            </Columns>
            <fieldset>
              <legend>It may (no more than you)</legend>
              <Columns>
                {mine.map((permission) => (
                  <Check
                    key={permission}
                    label={permission}
                    checked={chosen.has(permission)}
                    onChange={() => toggle(permission)}
                  />
                ))}
              </Columns>
            </fieldset>
            {making.error !== null && <ProblemNotice error={making.error} />}
            <Row>
              <Button type="submit" look="primary" busy={making.isPending} disabled={chosen.size === 0}>
                Make the key
              </Button>
              <Button look="quiet" onClick={onClose}>
                Cancel
              </Button>
              <CopyCall call={call} />
            </Row>
          </Stack>
        </form>
      )}
    </Dialog>
  )
}
