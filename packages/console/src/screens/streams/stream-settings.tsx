import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { setKnown } from '../../api/known.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Pairs } from '../../kit/figures.tsx'
import { formatTime } from '../../kit/format.ts'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { Unsaved } from '../../kit/unsaved.tsx'
import { streamPath } from './addresses.ts'
import type { StreamSettings as Settings, Stream } from './answers.ts'
import { bodyOf, checkedSettings, draftOf, SettingsFields, settingFields } from './settings-fields.tsx'

/** What can be set of a stream that has begun. */
export function StreamSettings({ stream }: { readonly stream: Stream }): ReactNode {
  const queries = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(stream))
  const path = streamPath(stream.name)
  const call: Call = { method: 'PUT', path, body: bodyOf(draft) }
  const work = useTypedWork(call.body, bodyOf(draftOf(stream)))
  const save = useAction(
    {
      mutationFn: () => send<Settings>(checkedSettings(call, draft)),
      onSuccess: async (saved) => {
        work.letGo()
        // Whoever comes back to this form begins with what was saved.
        await setKnown<Stream>(queries, [path], (before) => before && { ...before, ...saved })
        tell('The stream is set.')
      },
    },
    call,
  )
  return (
    <Panel title="Settings" actions={<CopyCall call={call} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <Stack>
          <Pairs
            of={[
              ['Began', formatTime(stream.created_at)],
              ['Shards', `${stream.shards}, fixed when it began`],
            ]}
          />
          <SettingsFields draft={draft} error={save.error} change={setDraft} />
          {save.error && <ProblemNotice error={save.error} fields={settingFields(draft)} />}
          <Row>
            <Button type="submit" look="primary" busy={save.isPending}>
              Save
            </Button>
            <Button look="quiet" onClick={() => setDraft(draftOf(stream))}>
              Undo changes
            </Button>
            <Unsaved work={work} />
          </Row>
        </Stack>
      </form>
    </Panel>
  )
}
