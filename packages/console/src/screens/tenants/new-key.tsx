import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, Problem, send } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CodeBlock } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Check, Field, LocalTimeField } from '../../kit/field.tsx'
import { FormEnd } from '../../kit/form-end.tsx'
import { Columns, Row, Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { instantOf, numberIn, withNumbers, wordsIn } from '../../kit/typed.ts'
import { budgetNumbers } from './settings.ts'
import type { VirtualKey } from './tenant.ts'

/** Makes a key, and shows it once. */
export function NewKey({ path, onClose }: { readonly path: string; readonly onClose: () => void }): ReactNode {
  const { permissions: mine } = useSession()
  const [name, setName] = useState('')
  const [budget, setBudget] = useState('')
  const [until, setUntil] = useState('')
  const [user, setUser] = useState('')
  const [groups, setGroups] = useState('')
  const [usual] = useState(() => new Set(['models:read', 'models:write'].filter((one) => mine.includes(one))))
  const [chosen, setChosen] = useState<ReadonlySet<string>>(usual)
  const body = {
    ...(name === '' ? {} : { name }),
    permissions: [...chosen],
    ...(budget.trim() === '' ? {} : { limits: { monthly_budget_usd: numberIn(budget) } }),
    ...(until === '' ? {} : { expires_at: instantOf(until) }),
    ...(user.trim() === '' ? {} : { user_id: user.trim() }),
    ...(wordsIn(groups).length === 0 ? {} : { groups: wordsIn(groups) }),
  }
  const call: Call = { method: 'POST', path, body }
  const work = useTypedWork({ ...body, permissions: [...chosen].sort() }, { permissions: [...usual].sort() })
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
            <FormEnd does="Make the key" busy={making.isPending} disabled={chosen.size === 0} work={work} call={call} />
          </Stack>
        </form>
      )}
    </Dialog>
  )
}
