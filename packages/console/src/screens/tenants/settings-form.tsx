import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { setKnown } from '../../api/known.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { valueAt } from '../../api/value-at.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Choice, Field } from '../../kit/field.tsx'
import { Columns, Panel, Row, Stack } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { typedOf, withNumbers } from '../../kit/typed.ts'
import { Unsaved } from '../../kit/unsaved.tsx'
import { changeOf, mergedChanges, type Setting, settingGroups, settingNumbers, settingOf } from './settings.ts'
import type { Tenant } from './tenant.ts'

const settings = settingGroups.flatMap((group) => group.settings)
const settingPaths = settings.map(({ path }) => path)

/** All that can be set of a tenant; only what was changed is sent. */
export function SettingsForm({ tenant, path }: { readonly tenant: Tenant; readonly path: string }): ReactNode {
  const queries = useQueryClient()
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const changed = settings.filter(({ path: at }) => typed[at] !== undefined && typed[at] !== typedOf(valueAt(tenant, at)))
  const body = mergedChanges(changed.map((setting) => changeOf(setting.path, settingOf(setting, typed[setting.path] ?? ''))))
  const call: Call = { method: 'PATCH', path, body }
  const work = useTypedWork(body, {})
  const saving = useAction(
    {
      mutationFn: () => send<Tenant>(withNumbers(call, settingNumbers)),
      onSuccess: async (next) => {
        await setKnown(queries, [path], () => next)
        setTyped({})
        tell('The settings hold from the next request on.')
      },
    },
    call,
  )
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    saving.mutate()
  }
  const isLocked = tenant.status === 'offboarded'
  return (
    <form onSubmit={submit} aria-label="Settings">
      <Stack>
        <Columns>
          {settingGroups.map(({ title, settings }) => (
            <Panel key={title} title={title}>
              <Stack>
                {settings.map((setting) => (
                  <SettingField
                    key={setting.path}
                    setting={setting}
                    value={typed[setting.path] ?? typedOf(valueAt(tenant, setting.path))}
                    isLocked={isLocked}
                    fault={faultAt(saving.error, setting.path)}
                    onChange={(text) => setTyped({ ...typed, [setting.path]: text })}
                  />
                ))}
              </Stack>
            </Panel>
          ))}
        </Columns>
        {saving.error !== null && <ProblemNotice error={saving.error} fields={settingPaths} />}
        <Row>
          <Button type="submit" look="primary" busy={saving.isPending} disabled={changed.length === 0 || isLocked}>
            {changed.length === 0
              ? 'Nothing is changed'
              : `Save ${changed.length === 1 ? '1 setting' : `${changed.length} settings`}`}
          </Button>
          {changed.length > 0 && (
            <>
              <Button look="quiet" onClick={() => setTyped({})}>
                Take back
              </Button>
              <CopyCall call={call} />
            </>
          )}
          <Unsaved work={work} />
        </Row>
      </Stack>
    </form>
  )
}

function SettingField(props: {
  readonly setting: Setting
  readonly value: string
  readonly isLocked: boolean
  readonly fault: string | undefined
  readonly onChange: (text: string) => void
}): ReactNode {
  const { setting, value, isLocked, fault, onChange } = props
  const { label, hint, kind, options = [], isOptional } = setting
  const common = { label, hint, fault, value, disabled: isLocked }
  if (kind === 'choice')
    return (
      <Choice
        {...common}
        options={[...(isOptional ? [{ value: '', name: 'not set' }] : []), ...options]}
        onChange={({ target }) => onChange(target.value)}
      />
    )
  return (
    <Field
      {...common}
      inputMode={kind === 'number' ? 'decimal' : 'text'}
      placeholder={isOptional ? 'not set' : ''}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}
