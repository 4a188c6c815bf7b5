import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Dialog } from '../../kit/dialog.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Field } from '../../kit/field.tsx'
import { FormEnd } from '../../kit/form-end.tsx'
import { Stack } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { numberIn } from '../../kit/typed.ts'
import { streamAddress, streamPath } from './addresses.ts'
import { bodyOf, checkedSettings, draftOf, SettingsFields, settingFields } from './settings-fields.tsx'

/** Begins a stream before its first record. */
export function NewStream({ onClose }: { readonly onClose: () => void }): ReactNode {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [shards, setShards] = useState('4')
  const [begun] = useState(() => draftOf())
  const [draft, setDraft] = useState(begun)
  const work = useTypedWork([name, shards, draft], ['', '4', begun])
  const call: Call = {
    method: 'PUT',
    path: streamPath(name),
    headers: { 'If-None-Match': '*' },
    body: { ...bodyOf(draft), shards: numberIn(shards) },
  }
  const make = useAction(
    {
      mutationFn: () => send(checkedSettings(call, draft)),
      onSuccess: () => {
        work.letGo()
        void queries.invalidateQueries({ queryKey: ['/api/streams'] })
        void navigate(streamAddress(name))
      },
    },
    call,
  )
  return (
    <Dialog title="New stream" open onClose={onClose} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <Stack>
          <Field
            label="Name"
            required
            maxLength={128}
            pattern="[A-Za-z0-9._\-]+"
            title="Letters, digits, dots, underscores and hyphens"
            hint="Letters, digits, dots, underscores and hyphens."
            value={name}
            fault={faultAt(make.error, 'name')}
            onChange={({ target }) => setName(target.value)}
          />
          <SettingsFields draft={draft} error={make.error} change={setDraft} />
          <Field
            label="Shards"
            inputMode="numeric"
            required
            fault={faultAt(make.error, 'shards')}
            hint="Fixed when the stream begins: so many of its keys are worked at a time."
            value={shards}
            onChange={({ target }) => setShards(target.value)}
          />
          {make.error && <ProblemNotice error={make.error} fields={[...settingFields(draft), 'name', 'shards']} />}
          <FormEnd does="Begin the stream" busy={make.isPending} work={work} call={call} />
        </Stack>
      </form>
    </Dialog>
  )
}
