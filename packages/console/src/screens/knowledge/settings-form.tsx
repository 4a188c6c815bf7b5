import { type ReactNode, useState } from 'react'
import { Check, Field, TextField } from '../../kit/field.tsx'
import { ModelField } from '../../kit/model-field.tsx'
import css from './knowledge.module.css'
import { describeSettings, type SettingFaults, type Settings, usualTopK, withSetting } from './settings.ts'

/** What a question is answered by. */
export function SettingsForm(props: {
  readonly name: string
  readonly settings: Settings
  readonly faults: SettingFaults
  readonly isOpen: boolean
  readonly onChange: (settings: Settings) => void
}): ReactNode {
  const { name, settings, faults, isOpen, onChange } = props
  const [wasOpened, setOpened] = useState(false)
  const set = <Name extends keyof Settings>(setting: Name, value: Settings[Name] | undefined): void => {
    // What was mended stays in sight.
    setOpened(true)
    onChange(withSetting(settings, setting, value))
  }
  return (
    <details
      className={css.options}
      open={isOpen || wasOpened || Object.keys(faults).length > 0}
      onToggle={({ currentTarget }) => setOpened(currentTarget.open)}
    >
      <summary>
        {name} <small>{describeSettings(settings)}</small>
      </summary>
      <fieldset className={css.settings} aria-label={name}>
        <Field
          label="Passages"
          type="number"
          min={1}
          max={100}
          step={1}
          value={settings.top_k ?? ''}
          placeholder={String(usualTopK)}
          hint="The best 1 to 100."
          fault={faults.top_k}
          onChange={({ target }) => set('top_k', numberIn(target.value))}
        />
        <Field
          label="Weight of vectors"
          type="number"
          min={0}
          max={1}
          step={0.1}
          value={settings.dense_weight ?? ''}
          placeholder="as the index has it"
          hint="Beside words: 0 to 1."
          fault={faults.dense_weight}
          onChange={({ target }) => set('dense_weight', numberIn(target.value))}
        />
        <div className={css.wide}>
          <ModelField
            value={settings.model_id ?? ''}
            fault={undefined}
            onChange={({ target }) => set('model_id', target.value)}
          />
        </div>
        <div className={css.wide}>
          <TextField
            label="Filter"
            rows={1}
            value={settings.filter ?? ''}
            placeholder="team: plant, ops"
            hint="By metadata: a name, a colon and values a line."
            fault={faults.filter}
            onChange={({ target }) => set('filter', target.value)}
          />
        </div>
        <div className={css.wide}>
          <Check
            label="Let an agent look, several times if need be"
            checked={settings.agent === true}
            onChange={({ target }) => set('agent', target.checked || undefined)}
          />
        </div>
      </fieldset>
    </details>
  )
}

function numberIn(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text)
}
