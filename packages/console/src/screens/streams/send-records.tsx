import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { TextField } from '../../kit/field.tsx'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { Unsaved } from '../../kit/unsaved.tsx'
import { streamPath } from './addresses.ts'
import type { Appended } from './answers.ts'
import { readRecords } from './read-records.ts'

const sample = JSON.stringify([{ key: 'boiler-1', data: { temperature: 61.5, state: 'on' } }], null, 2)

/** Records as they are written by hand, and what became of each. */
export function SendRecords({ name }: { readonly name: string }): ReactNode {
  const queries = useQueryClient()
  const [text, setText] = useState(sample)
  const work = useTypedWork(text, sample)
  const [fault, setFault] = useState<string>()
  const records = readRecords(text)
  const call: Call = {
    method: 'POST',
    path: streamPath(name, '/records'),
    body: { records: records instanceof Error ? [] : records },
  }
  const append = useAction({
    mutationFn: () => send<Appended>(call),
    onSuccess: () => {
      work.letGo()
      return queries.invalidateQueries({ queryKey: [streamPath(name)] })
    },
  })
  const submit = (): void => {
    setFault(records instanceof Error ? records.message : undefined)
    if (records instanceof Error) append.reset()
    else append.mutate()
  }
  return (
    <Panel title="Send records" actions={<CopyCall call={call} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack>
          <TextField
            label="Records"
            rows={12}
            spellCheck={false}
            style={{ fontFamily: 'var(--mono)', fontSize: 12.5 }}
            value={text}
            fault={fault}
            onChange={({ target }) => {
              setText(target.value)
              setFault(undefined)
            }}
            hint={
              <>
                A list as JSON, or a record a line: <code>key</code> and <code>data</code>; <code>timestamp</code> if it isn’t of
                now, <code>id</code> if it may be sent twice.
              </>
            }
          />
          <Row>
            <Button type="submit" look="primary" busy={append.isPending}>
              Send
            </Button>
            <Unsaved work={work} />
          </Row>
          {append.error && <ProblemNotice error={append.error} />}
          {append.data && <Outcome appended={append.data} />}
        </Stack>
      </form>
    </Panel>
  )
}

function Outcome({ appended: { accepted, rejected } }: { readonly appended: Appended }): ReactNode {
  return (
    <>
      <Notice tone={rejected.length === 0 ? 'good' : 'warn'}>
        {accepted === 1 ? '1 record was accepted' : `${accepted} records were accepted`}
        {rejected.length === 0 ? '.' : `, ${rejected.length} refused.`}
      </Notice>
      {rejected.length > 0 && (
        <Table
          name="Refused records"
          rows={rejected}
          keyOf={({ index }) => String(index)}
          columns={[
            { name: 'Record', isNumber: true, show: ({ index }) => index + 1 },
            { name: 'Field', show: ({ error }) => error.field ?? '–' },
            { name: 'Why', show: ({ error }) => error.message },
          ]}
        />
      )}
    </>
  )
}
