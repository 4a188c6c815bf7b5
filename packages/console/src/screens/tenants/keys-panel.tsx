import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { pathOf, send } from '../../api/client.ts'
import { itemsOf, useList } from '../../api/lists.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { formatTime, formatUsd } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { NewKey } from './new-key.tsx'
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
            {
              name: 'Acts as',
              show: ({ user_id, groups }) => [user_id, groups.length > 0 && `of ${groups.join(', ')}`].filter(Boolean).join(' '),
            },
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
