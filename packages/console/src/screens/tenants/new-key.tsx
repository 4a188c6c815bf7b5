import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CodeBlock } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Check, Field, LocalTimeField } from '../../kit/field.tsx'
import { FormEnd } from '../../kit/form-end.tsx'
import { Columns, Row, Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { instantOf, numberIn, withNumbers, wordsIn } from '../../kit/typed.ts'
import { settingNumbers } from './settings.ts'
import type { VirtualKey } from './tenant.ts'

/** What a key may use by itself, within what its tenant may. */
const limits = [
  { name: 'monthly_budget_usd', label: 'Budget a month, USD' },
  { name: 'requests_per_minute', label: 'Requests a minute' },
  { name: 'tokens_per_minute', label: 'Tokens a minute' },
]

/** Those that say what is wrong with them. */
const fields = ['name', 'expires_at', 'user_id', 'groups', ...limits.map(({ name }) => `limits.${name}`)]

/** Makes a key, and shows it once. */
export function NewKey({ path, onClose }: { readonly path: string; readonly onClose: () => void }): ReactNode {
  const { permissions: mine } = useSession()
  const [name, setName] = useState('')
  const [limited, setLimited] = useState<Readonly<Record<string, string>>>({})
  const [until, setUntil] = useState('')
  const [user, setUser] = useState('')
  const [groups, setGroups] = useState('')
  const [usual] = useState(() => new Set(['models:read', 'models:write'].filter((one) => mine.includes(one))))
  const [chosen, setChosen] = useState<ReadonlySet<string>>(usual)
  const given = Object.entries(limited).flatMap(([limit, text]) => (text.trim() === '' ? [] : [[limit, numberIn(text)] as const]))
  const body = {
    ...(name === '' ? {} : { name }),
    permissions: [...chosen],
    ...(given.length === 0 ? {} : { limits: Object.fromEntries(given) }),
    ...(until === '' ? {} : { expires_at: instantOf(until) }),
    ...(user.trim() === '' ? {} : { user_id: user.trim() }),
    ...(wordsIn(groups).length === 0 ? {} : { groups: wordsIn(groups) }),
  }
  const call: Call = { method: 'POST', path, body }
  const work = useTypedWork({ ...body, permissions: [...chosen].sort() }, { permissions: [...usual].sort() })
  const making = useAction(
    {
      mutationFn: () => send<VirtualKey & { readonly key: string }>(withNumbers(call, settingNumbers)),
    },
    call,
  )
  const faultOf = (field: string): string | undefined => faultAt(making.error, field)
  const toggle = (permission: string): void =>
    setChosen(
      (before) => new Set(before.has(permission) ? [...before].filter((one) => one !== permission) : [...before, permission]),
    )
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    making.mutate()
  }
  return (
    <Dialog title="New key" open onClose={onClose} wide stays={making.data !== undefined}>
      {making.data ? (
        <Stack>
          <Notice tone="warn">This is the only time that it is shown. Copy it now.</Notice>
          <CodeBlock what="the key" text={making.data.key} autoFocus />
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
              <LocalTimeField
                label="Good until"
                value={until}
                onChange={({ target }) => setUntil(target.value)}
                fault={faultOf('expires_at')}
                hint="Your local time. Empty: until it is revoked."
              />
              <Field
                label="User"
                value={user}
                onChange={({ target }) => setUser(target.value)}
                fault={faultOf('user_id')}
                hint="Its calls count for this user, and it reads what this user may. Empty: a user of its own."
              />
              <Field
                label="Groups"
                value={groups}
                onChange={({ target }) => setGroups(target.value)}
                fault={faultOf('groups')}
                hint="With commas between them. It reads what is meant for them."
              />
            </Columns>
            <fieldset>
              <legend>Limits beside the tenant’s (empty: the tenant’s alone)</legend>
              <Columns>
                {limits.map(({ name: limit, label }) => (
                  <Field
                    key={limit}
                    label={label}
                    inputMode="decimal"
                    value={limited[limit] ?? ''}
                    onChange={({ target }) => setLimited({ ...limited, [limit]: target.value })}
                    fault={faultOf(`limits.${limit}`)}
                  />
                ))}
              </Columns>
            </fieldset>
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
            {making.error !== null && <ProblemNotice error={making.error} fields={fields} />}
            <FormEnd does="Make the key" busy={making.isPending} disabled={chosen.size === 0} work={work} call={call} />
          </Stack>
        </form>
      )}
    </Dialog>
  )
}
