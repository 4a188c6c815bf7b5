import type { ReactNode } from 'react'
import { Field, TextField } from '../../kit/field.tsx'
import { wordsIn } from '../../kit/typed.ts'
import css from './knowledge.module.css'
import { readValues } from './metadata.ts'
import type { SendOptions } from './sending.ts'

/** What was typed, what it means, and what is wrong with it. */
export interface TypedOptions {
  readonly metadata: string
  readonly users: string
  readonly groups: string
  readonly value: SendOptions
  readonly fault?: string
}

export const noOptions: TypedOptions = { metadata: '', users: '', groups: '', value: { metadata: {} } }

/** Metadata and readers for all that is sent next. */
export function SendOptionsForm(props: {
  readonly options: TypedOptions
  readonly onChange: (options: TypedOptions) => void
}): ReactNode {
  const { options, onChange } = props
  const change = (some: Partial<TypedOptions>): void => onChange(meant({ ...options, ...some }))
  return (
    <details className={css.options}>
      <summary>
        Metadata and who may find them <small>{describeOptions(options)}</small>
      </summary>
      <div className={css.optionFields}>
        <TextField
          label="Metadata"
          placeholder={'team: plant\nlanguage: en'}
          hint="A name, a colon and a value a line. Questions can be filtered by it."
          value={options.metadata}
          fault={options.fault}
          onChange={({ target }) => change({ metadata: target.value })}
        />
        <div className={css.stack}>
          <Field
            label="Users"
            hint="Between commas. Empty users and groups: everyone in the tenant."
            value={options.users}
            onChange={({ target }) => change({ users: target.value })}
          />
          <Field label="Groups" value={options.groups} onChange={({ target }) => change({ groups: target.value })} />
        </div>
      </div>
    </details>
  )
}

/** What is set for all that is sent next, also while the fields are out of sight. */
function describeOptions({ fault, value: { metadata, acl } }: TypedOptions): string {
  if (fault !== undefined) return 'nothing is sent until the metadata is mended'
  const readers = acl ? [...acl.users, ...acl.groups].join(', ') : 'everyone'
  return [`for ${readers}`, ...Object.keys(metadata)].join(' · ')
}

function meant({ metadata, users: typedUsers, groups: typedGroups }: TypedOptions): TypedOptions {
  const typed = { metadata, users: typedUsers, groups: typedGroups }
  const [users, groups] = [wordsIn(typedUsers), wordsIn(typedGroups)]
  const acl = users.length + groups.length > 0 ? { acl: { users, groups } } : {}
  try {
    return { ...typed, value: { metadata: readValues(metadata), ...acl } }
  } catch (error) {
    return { ...typed, value: { metadata: {}, ...acl }, fault: (error as Error).message }
  }
}
