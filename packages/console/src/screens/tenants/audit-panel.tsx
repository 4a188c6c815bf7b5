import type { ReactNode } from 'react'
import { useAction } from '../../api/action.ts'
import { pathOf, request, send } from '../../api/client.ts'
import { itemsOf, loadMore, useList } from '../../api/lists.ts'
import { Badge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatCount, formatTime } from '../../kit/format.ts'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { saveFile } from '../../kit/save-file.ts'
import { Empty, Loading, Notice, ProblemNotice } from '../../kit/states.tsx'
import { VirtualTable } from '../../kit/virtual-table.tsx'
import type { AuditEntry, Verdict } from './tenant.ts'

/** Who did what, whether the trail is whole, and all of the tenant's data as a file. */
export function AuditPanel({ id }: { readonly id: string }): ReactNode {
  const path = pathOf('/api/tenants/{}/audit', [id])
  const trail = useList<AuditEntry>(path, {}, { limit: 200, refetchInterval: 5_000 })
  const verifying = useAction({ mutationFn: () => send<Verdict>({ method: 'GET', path: `${path}/verify` }) })
  const exporting = useAction({
    mutationFn: async () => {
      const response = await request({ method: 'GET', path: pathOf('/api/tenants/{}/export', [id]) })
      saveFile(`export-${id}.jsonl`, await response.text(), 'application/x-ndjson')
    },
  })
  const all = itemsOf(trail)
  return (
    <Stack>
      <Row>
        <Button busy={verifying.isPending} onClick={() => verifying.mutate()}>
          Verify the trail
        </Button>
        <Button busy={exporting.isPending} onClick={() => exporting.mutate()}>
          Export all data
        </Button>
        <CopyCall call={{ method: 'GET', path: `${path}/verify` }} />
      </Row>
      {verifying.error !== null && <ProblemNotice error={verifying.error} />}
      {exporting.error !== null && <ProblemNotice error={exporting.error} />}
      {verifying.data && <Said verdict={verifying.data} />}
      <Panel title="Trail" flush>
        {trail.error !== null && <ProblemNotice error={trail.error} onRetry={() => void trail.refetch()} />}
        {trail.data === undefined ? (
          trail.error === null && <Loading />
        ) : all.length === 0 ? (
          <Empty title="Nothing was done yet." />
        ) : (
          <VirtualTable
            name="Trail"
            rows={all}
            keyOf={({ entry_id }) => entry_id}
            onNearEnd={() => loadMore(trail)}
            columns={[
              { name: 'At', width: '110px', show: ({ at }) => formatTime(at) },
              { name: 'Who', show: ({ who, key_id }) => (key_id === null ? who : `${who}, by ${key_id}`) },
              { name: 'What', width: 'minmax(160px, 1.6fr)', show: ({ what, detail }) => <Act what={what} detail={detail} /> },
              { name: 'On', isSecondary: true, width: 'minmax(120px, 1.6fr)', show: ({ resource }) => resource },
              {
                name: 'Decision',
                width: '150px',
                show: ({ decision }) => <Badge tone={decision === 'allowed' ? 'good' : 'bad'}>{decision}</Badge>,
              },
              { name: 'Block', isNumber: true, isSecondary: true, width: '70px', show: ({ sequence }) => sequence ?? '…' },
            ]}
          />
        )}
      </Panel>
    </Stack>
  )
}

/** What was done, and what is told of it besides: of settings the fields that changed. */
function Act({ what, detail }: Pick<AuditEntry, 'what' | 'detail'>): ReactNode {
  const fields = Object.entries(detail).flatMap(([name, value]) => (isOfFields(name) ? String(value).split('+') : []))
  const others = Object.entries(detail).flatMap(([name, value]) => (isOfFields(name) ? [] : [`${name}: ${value}`]))
  const told = [...fields, ...others].join(', ')
  const words = told === '' ? what : `${what}: ${told}`
  return <span title={words}>{words}</span>
}

/** Names of fields stand in as many texts as they need. */
function isOfFields(name: string): boolean {
  return /^fields(?:_\d)?$/.test(name)
}

function Said({ verdict }: { readonly verdict: Verdict }): ReactNode {
  const { valid, entries, pending, faults } = verdict
  if (valid)
    return (
      <Notice tone="good">
        The trail is as it was written: {entries === 1 ? '1 entry' : `${formatCount(entries)} entries`}, and{' '}
        {formatCount(pending)} still to be sealed.
      </Notice>
    )
  return (
    <Notice tone="bad">
      The trail was changed:{' '}
      {faults.map(({ kind, sequence, entry_id }) => `${kind} at ${entry_id ?? `block ${sequence ?? '?'}`}`).join('; ')}.
    </Notice>
  )
}
